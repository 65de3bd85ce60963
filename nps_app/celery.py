"""The Celery application. Work is a row, a task is only the nudge; the beat entries sweep what a lost nudge left."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_app.settings")
# Reading comments: processes are as many as the operator wants, so each computes with one thread, and downloads nothing.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

app = Celery("nps_app")
app.config_from_object("django.conf:settings", namespace="CELERY")

TASK_MODULES = [
    "surveys.outbox",
    "surveys.accounts",
    "surveys.customers",
    "surveys.campaigns",
    "surveys.delivery",
    "surveys.responses",
    "surveys.comments",
    "surveys.analytics",
    "surveys.privacy",
    "surveys.operations",
    "surveys.inbox",
    "surveys.inbox.inbound",
    "surveys.integrations",
    "surveys.alerts",
    "surveys.automation",
    "surveys.samples",
]
app.autodiscover_tasks(TASK_MODULES)

# Celery keeps connections (CELERY_DB_REUSE_MAX) and Django looks at them around requests only: without this a process
# whose connection was cut off outside of a transaction would fail at every task until it is started again.
for around in (task_prerun, task_postrun):
    around.connect(close_old_connections)

app.conf.task_routes = {
    "surveys.delivery.tasks.send_system": {"queue": "email"},
    "surveys.delivery.tasks.prune": {"queue": "default"},
    "surveys.delivery.tasks.*": {"queue": "bulk"},
    "surveys.analytics.tasks.write_responses": {"queue": "default"},
    "surveys.analytics.tasks.sweep_exports": {"queue": "default"},
    "surveys.analytics.tasks.send_digests": {"queue": "default"},
    "surveys.analytics.tasks.*": {"queue": "rollups"},
    "surveys.comments.tasks.*": {"queue": "rollups"},
    "surveys.inbox.inbound.tasks.*": {"queue": "inbound"},
}

QUEUES = ("email", "bulk", "rollups", "default", "inbound")

app.conf.beat_schedule = {
    **{
        f"sign of life of {queue}": {
            "task": "surveys.operations.tasks.give_sign",
            "schedule": 60.0,
            "args": [queue],
            "options": {"queue": queue, "expires": 60.0},  # a queue that stands still need not collect them
        }
        for queue in QUEUES
    },
    "watch mail": {"task": "surveys.operations.tasks.watch_mail", "schedule": 60.0},
    "apply retention": {"task": "surveys.privacy.tasks.sweep_retention", "schedule": crontab(minute="*/10")},
    "drain events": {"task": "surveys.outbox.tasks.drain", "schedule": settings.SWEEP_SECONDS},
    "sweep imports": {"task": "surveys.customers.tasks.sweep_imports", "schedule": settings.SWEEP_SECONDS},
    "sweep lists of events": {"task": "surveys.customers.tasks.sweep_event_lists", "schedule": settings.SWEEP_SECONDS},
    "sweep properties": {"task": "surveys.customers.tasks.sweep_properties", "schedule": settings.SWEEP_SECONDS},
    "sweep lists of suppressions": {"task": "surveys.customers.tasks.sweep_suppression_lists", "schedule": 30.0},
    "sweep acts on responses": {"task": "surveys.responses.tasks.sweep_acts", "schedule": settings.SWEEP_SECONDS},
    "sweep bulk acts": {"task": "surveys.customers.tasks.sweep_bulk_acts", "schedule": settings.SWEEP_SECONDS},
    "start campaigns": {"task": "surveys.campaigns.tasks.start_due", "schedule": settings.SWEEP_SECONDS},
    "plan campaigns": {"task": "surveys.delivery.tasks.plan_due", "schedule": settings.SWEEP_SECONDS},
    "sweep deliveries": {"task": "surveys.delivery.tasks.sweep", "schedule": settings.SWEEP_SECONDS},
    "fold rollups": {"task": "surveys.analytics.tasks.fold", "schedule": settings.SWEEP_SECONDS},
    "send mails with figures": {"task": "surveys.analytics.tasks.send_digests", "schedule": 60.0},
    "sweep exports of responses": {"task": "surveys.analytics.tasks.sweep_exports", "schedule": settings.SWEEP_SECONDS},
    "sweep scans": {"task": "surveys.analytics.tasks.sweep_scans", "schedule": settings.SWEEP_SECONDS},
    "recompute days": {"task": "surveys.analytics.tasks.rezone", "schedule": settings.SWEEP_SECONDS},
    "regroup the past": {"task": "surveys.analytics.tasks.regroup", "schedule": settings.SWEEP_SECONDS},
    "verify rollups": {"task": "surveys.analytics.tasks.verify", "schedule": crontab(hour="4", minute="0")},
    "read comments": {"task": "surveys.comments.tasks.read", "schedule": settings.SWEEP_SECONDS},
    "sweep readings": {"task": "surveys.comments.tasks.sweep", "schedule": 30.0},
    "learn from comments": {"task": "surveys.comments.tasks.learn", "schedule": crontab(hour="2", minute="30")},
    "try comments again": {"task": "surveys.comments.tasks.try_again", "schedule": crontab(hour="2", minute="15")},
    "settle answers": {"task": "surveys.responses.tasks.settle", "schedule": settings.SWEEP_SECONDS},
    "prune clicks": {"task": "surveys.responses.tasks.prune_clicks", "schedule": crontab(hour="3", minute="20")},
    "work on steps of rules": {"task": "surveys.automation.tasks.work", "schedule": settings.SWEEP_SECONDS},
    "look for silence": {"task": "surveys.automation.tasks.look_for_silence", "schedule": crontab(minute="*/10")},
    "prune runs of rules": {"task": "surveys.automation.tasks.prune", "schedule": crontab(hour="3", minute="25")},
    "read mail that came in": {"task": "surveys.inbox.inbound.tasks.read", "schedule": settings.SWEEP_SECONDS},
    "prune mail that came in": {
        "task": "surveys.inbox.inbound.tasks.prune",
        "schedule": crontab(hour="3", minute="35"),
    },
    "keep the inbox's time": {"task": "surveys.inbox.tasks.keep_time", "schedule": settings.SWEEP_SECONDS},
    "recount times of answers": {"task": "surveys.inbox.tasks.recount", "schedule": settings.SWEEP_SECONDS},
    "hand conversations over": {"task": "surveys.inbox.tasks.hand_over", "schedule": settings.SWEEP_SECONDS},
    "sweep acts on conversations": {"task": "surveys.inbox.tasks.sweep_acts", "schedule": settings.SWEEP_SECONDS},
    "post to hooks": {"task": "surveys.integrations.tasks.post_due", "schedule": settings.SWEEP_SECONDS},
    "prune posts": {"task": "surveys.integrations.tasks.prune", "schedule": crontab(hour="3", minute="35")},
    "forget removed hooks": {"task": "surveys.integrations.tasks.forget_removed", "schedule": crontab(minute="20")},
    "mail alerts": {"task": "surveys.alerts.tasks.mail", "schedule": settings.SWEEP_SECONDS},
    "prune alerts": {"task": "surveys.alerts.tasks.prune", "schedule": crontab(hour="3", minute="45")},
    "fill samples": {"task": "surveys.samples.tasks.sweep", "schedule": 30.0},
    "stop bad mail": {"task": "surveys.delivery.tasks.stop_the_bad", "schedule": 60.0},
    "forget letters": {"task": "surveys.delivery.tasks.prune", "schedule": crontab(minute="30")},
    "prune sessions": {"task": "surveys.accounts.tasks.prune_sessions", "schedule": crontab(hour="3", minute="40")},
    "sweep organizations": {"task": "surveys.operations.tasks.sweep", "schedule": settings.SWEEP_SECONDS},
    "sweep domains": {"task": "surveys.accounts.tasks.sweep_domains", "schedule": settings.SWEEP_SECONDS},
    "prune trail": {"task": "surveys.accounts.tasks.prune_trail", "schedule": crontab(hour="3", minute="50")},
    "settle departures": {"task": "surveys.accounts.tasks.settle_departures", "schedule": settings.SWEEP_SECONDS},
    "prune invites": {"task": "surveys.accounts.tasks.prune_invites", "schedule": crontab(hour="3", minute="50")},
    "prune customers' events": {
        "task": "surveys.customers.tasks.prune_events",
        "schedule": crontab(hour="3", minute="15"),
    },
    "prune events": {"task": "surveys.outbox.tasks.prune", "schedule": crontab(hour="3", minute="10")},
}
