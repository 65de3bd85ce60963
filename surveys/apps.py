"""The one Django app. Its sub-packages are the domains, in the order of docs/architecture.md."""

from django.apps import AppConfig

import nps_app.celery  # noqa: F401  (makes our Celery application the current one, so that tasks find their broker)


class SurveysConfig(AppConfig):
    name = "surveys"
    label = "surveys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from surveys import checks, subscriptions  # noqa: F401, PLC0415  (only once all models are loaded)
        from surveys.accounts import sign_ins  # noqa: PLC0415

        sign_ins.connect()
