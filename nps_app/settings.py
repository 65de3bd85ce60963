"""All settings, read top to bottom. What an operator may change comes from the environment; docs/settings.md explains each."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from nps_app import env, network, rate_limits

django_stubs_ext.monkeypatch()  # so that `forms.ModelForm[Organization]` can be written

BASE_DIR = Path(__file__).resolve().parent.parent

# ── Where and how it runs ───────────────────────────────────────────────────────────────────────────────────────────
LOCAL = env.boolean("NPS_LOCAL", False)  # set by the supervisor of `make run`; switches on the mailbox and open sign-up
DEBUG = env.boolean("NPS_DEBUG", False)
DATA_DIR = Path(env.text("NPS_DATA_DIR", str(BASE_DIR / "var")))
PORT = env.integer("PORT", 8000, least=1)
PUBLIC_URL = env.web_address("PUBLIC_URL", f"http://localhost:{PORT}")
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"

VERSION = "0.1"  # that of pyproject.toml
PRODUCT_NAME = env.text("NPS_PRODUCT_NAME", "Signal")

# ── Secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Keys of the links in emails. The first signs, all verify, none is ever dropped: links live in mailboxes for years.
LINK_KEYS = env.words("NPS_LINK_KEYS")

# ── Who may reach it ────────────────────────────────────────────────────────────────────────────────────────────────
ALLOWED_HOSTS = [str(_public.hostname), *env.words("NPS_ALLOWED_HOSTS")]
if LOCAL:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SIGNUP = env.choice("NPS_SIGNUP", "open" if LOCAL else "first", ("open", "first", "invite", "closed"))
# How many proxies in front append to X-Forwarded-For; 0 means that the header is not believed.
TRUSTED_PROXIES = env.integer("NPS_TRUSTED_PROXIES", 0)

# ── Application ─────────────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "surveys.apps.SurveysConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "anymail",
    "csp",
    "django_htmx",
    "heroicons",
]

MIDDLEWARE = [
    "nps_app.health.HealthMiddleware",
    "surveys.operations.metrics.MetricsMiddleware",
    "surveys.core.uploads.RefuseUnread",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "surveys.responses.middleware.PublicPagesMiddleware",  # customers' pages need nothing of what follows
    "surveys.core.middleware.RefusedMethodMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "surveys.accounts.middleware.SignInFirstMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "surveys.accounts.sso.OnlyWayInMiddleware",
    "surveys.accounts.limits.LimitsMiddleware",
    "surveys.accounts.sessions.SessionsMiddleware",
    "surveys.accounts.visits.VisitsMiddleware",
    "surveys.accounts.middleware.OrganizationMiddleware",
]

ROOT_URLCONF = "nps_app.urls"
WSGI_APPLICATION = "nps_app.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "nps_app.context.product",
                "surveys.accounts.signup.context",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ── Databases ───────────────────────────────────────────────────────────────────────────────────────────────────────
# Two roles: the application's has DML only; the owner's migrates (`manage.py migrate` uses it by itself).
DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL")}
# Of silence, until a server or a host counts as cut off
NETWORK_SECONDS = env.integer("NPS_NETWORK_SECONDS", 30, least=2)
DATABASES["default"]["OPTIONS"] = network.database_options(NETWORK_SECONDS, DATABASES["default"]["OPTIONS"])
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DATABASE_OWNER = env.database("DATABASE_OWNER_URL", env.text("DATABASE_URL"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")

# Rate limits are shared by all processes and hosts, and survive a flush of Redis: they are rows. When there are more than
# MAX_ENTRIES, Django throws live ones away; at its 300, guessing at 301 accounts would wipe the counts of all.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "nps_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# ── People and sign-in ──────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "surveys.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts_home:home"
ACCOUNT_ADAPTER = "surveys.delivery.account_mail.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "surveys.accounts.forms.SignupForm"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # mail scanners open links: GET shows, POST acts
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger must not mail through the operator's server
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a mail about each change of how one signs in
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before such a change: a browser left open must not be enough
# How much mail to strangers one account may cause, and a network that many times as much; docs/settings.md.
INVITES_A_DAY = env.integer("NPS_INVITES_A_DAY", 100, least=1)  # of colleagues, by one organization, and by one person
ORGANIZATIONS_A_DAY = env.integer("NPS_ORGANIZATIONS_A_DAY", 5, least=1)  # made by one person
SENDER_LINKS_A_DAY = env.integer("NPS_SENDER_LINKS_A_DAY", 20, least=1)  # of one organization, and of one person
ACCOUNT_RATE_LIMITS = rate_limits.rates(
    invites=INVITES_A_DAY, organizations=ORGANIZATIONS_A_DAY, sender_links=SENDER_LINKS_A_DAY
)
MFA_ADAPTER = "surveys.accounts.mfa.MFAAdapter"
MFA_FORMS = {
    "authenticate": "surveys.accounts.mfa.AuthenticateForm",
    "reauthenticate": "surveys.accounts.mfa.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks differ; AuthenticateForm sees to it that a code is good once
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else nobody with a second factor could change the address
USERSESSIONS_TRACK_ACTIVITY = True  # noted by our SessionsMiddleware

# ── Single sign-on by OpenID Connect ────────────────────────────────────────────────────────────────────────────────
OIDC_ISSUER = env.text("NPS_OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.text("NPS_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.text("NPS_OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.text("NPS_OIDC_NAME", "single sign-on")  # "Sign in with …"
OIDC_EMAIL_DOMAINS = [word.lower().removeprefix("@") for word in env.words("NPS_OIDC_EMAIL_DOMAINS")]
OIDC_SIGNUP = env.boolean("NPS_OIDC_SIGNUP", False)
OIDC_ONLY = env.boolean("NPS_OIDC_ONLY", False)
SOCIALACCOUNT_ADAPTER = "surveys.accounts.sso.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True  # afterwards the provider's subject counts, not the address
_oidc_app = {
    "provider_id": "sso",
    "name": OIDC_NAME,
    "client_id": OIDC_CLIENT_ID,
    "secret": OIDC_CLIENT_SECRET,
    "settings": {"server_url": OIDC_ISSUER.rstrip("/")},
}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_oidc_app] if OIDC_ISSUER and OIDC_CLIENT_ID else []}
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES  # else all people behind one proxy share one rate limit

# ── Browser security ────────────────────────────────────────────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = env.integer("NPS_HSTS_SECONDS", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "SAMEORIGIN"  # the email preview is an iframe of our own

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_LIMIT = env.integer("NPS_UPLOAD_LIMIT_MB", 512, least=1) * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "surveys.core.uploads.OnlyWhereAsked",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ── Languages and files ─────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]  # of the interface; customers are spoken to in core.languages.ALL, page by page
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "nps_app.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("NPS_STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ── Mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
_mail_host = env.text("EMAIL_HOST", "")
EMAIL_HOST = _mail_host or "localhost"
# Else nothing says where mails go, and pages that send one say so.
MAIL_IS_SET_UP = bool(_mail_host) or not EMAIL_BACKEND.endswith(".smtp.EmailBackend")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.boolean("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 20, least=1)  # seconds; a mail server that hangs must not hold a worker
OWN_MAIL_TIMEOUT = min(EMAIL_TIMEOUT, 10)  # of servers that organizations name: they wait for them, others do not
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{PRODUCT_NAME} <nps@{_public.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where mail programs may write to unsubscribe, beside the address of the page. Somebody must read what comes there.
UNSUBSCRIBE_MAILTO = env.text("NPS_UNSUBSCRIBE_MAILTO", "")
# What customers write; docs/inbound-mail.md. Mail to this domain is handed to the product; without one replies go to colleagues.
INBOUND_DOMAIN = punycode(env.text("NPS_INBOUND_DOMAIN", "").strip().lower().removeprefix("@"))
INBOUND_LIMIT = env.integer("NPS_INBOUND_LIMIT_MB", 25, least=1) * 1024 * 1024  # of one mail
INBOUND_DAYS = env.integer("NPS_INBOUND_DAYS", 90, least=7)  # how long mail is kept that belongs nowhere
INBOUND_AT_ONCE = env.integer("NPS_INBOUND_AT_ONCE", 1, least=1)  # mails that are read at once, over all hosts
INBOUND_SIGNATURE_HOURS = env.integer("NPS_INBOUND_SIGNATURE_HOURS", 12, least=1)  # how old one may be, where it says
# Addresses and domains that organizations may send from without confirming them.
VERIFIED_SENDERS = frozenset(word.lower().removeprefix("@") for word in env.words("NPS_VERIFIED_SENDERS"))
OWN_MAIL_ACCOUNTS = env.boolean("NPS_OWN_MAIL_ACCOUNTS", True)  # organizations may mail by a provider of their own
PRIVATE_MAIL_HOSTS = env.boolean("NPS_PRIVATE_MAIL_HOSTS", LOCAL)  # and mail servers and hooks in private networks
# What organizations with a sender address of their own are told to publish, and what the check of their domain looks for.
SPF_MECHANISMS = tuple(
    word if ":" in word or "/" in word else f"include:{word}" for word in env.words("NPS_SPF_INCLUDE")
)  # of the servers that our mail leaves from
DKIM_SELECTORS = env.pairs("NPS_DKIM_SELECTORS")  # selector and the name that its record is an alias of
DNS_SERVERS = env.endpoints("NPS_DNS_SERVERS", 53)  # who is asked; none: those of the machine

# What the operator's provider tells about messages; docs/provider-events.md. Accounts of organizations say it themselves.
_TELLING = "amazon_ses brevo mailersend mailgun mailjet mailtrap mandrill postal postmark resend sendgrid sparkpost unisender_go"
_backend = EMAIL_BACKEND.removeprefix("anymail.backends.").partition(".")[0]
WEBHOOK_PROVIDER = env.choice(
    "NPS_WEBHOOK_PROVIDER", _backend if _backend in _TELLING.split() else "", ("", *_TELLING.split())
)
WEBHOOK_KEY = env.text("NPS_WEBHOOK_KEY", "")  # verifies its signatures
WEBHOOK_LOGIN = env.text("NPS_WEBHOOK_LOGIN", "")  # user:password, where it is told to send them along
SNS_TOPICS = env.words("NPS_SNS_TOPICS")  # of Amazon SES
# Who posts mails of customers, if it is another one, and what verifies that it is them.
INBOUND_PROVIDER = env.choice("NPS_INBOUND_PROVIDER", WEBHOOK_PROVIDER, ("", *_TELLING.split()))
INBOUND_KEY = env.text("NPS_INBOUND_KEY", WEBHOOK_KEY)
INBOUND_LOGIN = env.text("NPS_INBOUND_LOGIN", WEBHOOK_LOGIN)
INBOUND_TOKEN = env.text("NPS_INBOUND_TOKEN", "")  # lets a mail server hand over whole mails by HTTP
# For now, in 30 days, before an address is not mailed any more
SOFT_BOUNCES = env.integer("NPS_SOFT_BOUNCES", 3, least=2)
SHARED_SUPPRESSIONS = env.boolean("NPS_SHARED_SUPPRESSIONS", False)  # who bounced or complained is spared by all

# ── Waits and sizes of our own (seconds unless the name says otherwise) ─────────────────────────────────────────────
CLAIM_BATCH = env.integer("NPS_CLAIM_BATCH", 500, least=1)  # deliveries claimed at once
SEND_WINDOW = env.integer("NPS_SEND_WINDOW", 16, least=1)  # messages in flight at once, where the mail server can
# Figures that neither rollups nor an index answer: docs/analytics.md
SCAN_INLINE = env.integer("NPS_SCAN_INLINE", 200_000, least=0)  # responses that are counted while somebody waits
SCAN_KEPT_SECONDS = env.integer("NPS_SCAN_KEPT_SECONDS", 600, least=1)  # counts by customers as they are now
SCAN_PATIENCE_SECONDS = env.integer("NPS_SCAN_PATIENCE_SECONDS", 120, least=5)  # then nobody waits any more
LEASE_SECONDS = env.integer("NPS_LEASE_SECONDS", 120, least=1)  # how long a claim holds without a sign of life
UNCERTAIN_GRACE_SECONDS = env.integer("NPS_UNCERTAIN_GRACE_SECONDS", 900)  # before an uncertain message is sent again
# Waits before the second, third … try of a message that the mail server put off; after the last it fails.
RETRY_SECONDS = env.integers("NPS_RETRY_SECONDS", "60,300,1800,7200,21600,43200")
# Mails a second that may leave by the operator's road, and to a domain by one road; see docs/delivery.md. None: no limit.
MAILS_A_SECOND = env.rate("NPS_MAILS_A_SECOND")
DOMAIN_RATES = {punycode(name): rate for name, rate in env.rates("NPS_DOMAIN_RATES").items()}
SENDERS = env.integer("NPS_SENDERS", 4, least=1)  # batches of bulk mail on their way at once, over all hosts
UNDO_SECONDS = env.integer("NPS_UNDO_SECONDS", 10)  # between pressing Launch, or Send, and the first message
REPLY_FILES_LIMIT = env.integer("NPS_REPLY_FILES_MB", 10, least=1) * 1024 * 1024  # all files of one reply together
SENDER_LINK_DAYS = env.integer("NPS_SENDER_LINK_DAYS", 7, least=1)  # how long a sender address can be confirmed
INVITE_DAYS = env.integer("NPS_INVITE_DAYS", 7, least=1)  # how long a colleague's invite can be used
PEOPLE_UNDO_SECONDS = env.integer("NPS_PEOPLE_UNDO_SECONDS", 600)  # to take back a removal or a withdrawn invite
IMPORT_UNDO = timedelta(hours=env.integer("NPS_IMPORT_UNDO_HOURS", 24))  # how long an import can be taken back
EVENT_DAYS = env.integer("NPS_EVENT_DAYS", 730, least=31)  # how long what happened to customers elsewhere is kept
SETTLE_SECONDS = env.integer("NPS_SETTLE_SECONDS", 600)  # before one lone click confirms itself
# A click sooner after sending looks like a robot
SETTLE_LINK_AGE_SECONDS = env.integer("NPS_SETTLE_LINK_AGE_SECONDS", 60)
CLICKS_PER_LINK = env.integer("NPS_CLICKS_PER_LINK", 60, least=12)  # clicks on one mail that are kept in ten minutes
HOOK_SECONDS = env.integer("NPS_HOOK_SECONDS", 10, least=1)  # that another system may take to answer a post
HOOKS_AT_ONCE = env.integer("NPS_HOOKS_AT_ONCE", 2, least=1)  # posts on their way at once, over all hosts
HOOK_FAILING_DAYS = env.integer("NPS_HOOK_FAILING_DAYS", 3, least=1)  # then a hook is stopped
HOOK_UNDO_HOURS = env.integer("NPS_HOOK_UNDO_HOURS", 24, least=1)  # one that was removed can be brought back
HOOK_LOG_DAYS = env.integer("NPS_HOOK_LOG_DAYS", 30, least=1)  # how long posts are kept
ALERT_GROUP_SECONDS = env.integer("NPS_ALERT_GROUP_SECONDS", 60, least=0)  # alerts of so long are one mail
ALERT_DAYS = env.integer("NPS_ALERT_DAYS", 90, least=1)  # how long what stands behind the bell is kept
# Rules leave a comment in peace after a keystroke
COMMENT_SETTLE_SECONDS = env.integer("NPS_COMMENT_SETTLE_SECONDS", 60)
# How long "its conditions did not hold" stays
AUTOMATION_LOG_DAYS = env.integer("NPS_AUTOMATION_LOG_DAYS", 30, least=1)
QUEUE_ALARM_SECONDS = env.integer("NPS_QUEUE_ALARM_SECONDS", 300, least=1)  # mail that stands still for so long
SWEEP_SECONDS = env.integer("NPS_SWEEP_SECONDS", 10, least=1)  # how often beat looks for work that a lost nudge left

# ── Whole organizations ─────────────────────────────────────────────────────────────────────────────────────────────
AUDIT_MONTHS = env.integer("NPS_AUDIT_MONTHS", 0)  # the audit trail is kept so long; 0: as long as its organization
DELETION_GRACE_DAYS = env.integer("NPS_DELETION_GRACE_DAYS", 7)  # in which a deleted organization can be kept after all
# When mails with figures go out, on the organization's clock
DIGEST_HOUR = int(env.choice("NPS_DIGEST_HOUR", "7", tuple(map(str, range(24)))))
# Exports of whole organizations, and files of responses
EXPORT_KEEP_DAYS = env.integer("NPS_EXPORT_KEEP_DAYS", 7, least=1)
OPERATOR_MFA = env.boolean("NPS_OPERATOR_MFA", not LOCAL)  # the operator's pages want a second factor

# ── Metrics ─────────────────────────────────────────────────────────────────────────────────────────────────────────
METRICS_TOKEN = env.text("NPS_METRICS_TOKEN", "")  # opens /metrics to who brings it; without one there is no such page

# ── Celery ──────────────────────────────────────────────────────────────────────────────────────────────────────────
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_DB_REUSE_MAX = 100_000  # else Celery closes the connection around every task (12 ms to open again)
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Redelivery of what a dead worker held: the default of an hour is far too long for tasks of seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_limit": 100,
    "polling_interval": 1,
    "queue_order_strategy": "nps_app.queues:Turns",
    "socket_connect_timeout": 2,
    # A nudge while the broker is down gives up at once: a page must not wait for it, and beat sweeps what it was about.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    **network.broker_options(NETWORK_SECONDS),
}

# ── Logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
LOG_LEVEL = env.choice("NPS_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "nps_app.logs.Formatter", "fmt": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "filters": {"refusals": {"()": "nps_app.logs.Refusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
