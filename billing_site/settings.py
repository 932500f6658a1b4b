"""Settings come from the environment; a missing one has a value that is safe on a developer's machine."""

import hashlib
import sys
from email.utils import parseaddr
from importlib.resources import files
from pathlib import Path
from typing import Any

import environ
import structlog
from celery.schedules import crontab
from csp.constants import SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
# Of the invented staff of `manage.py demo`; ./run makes one for this checkout.
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="oblako-demo-2026")
EMBEDDED = env.bool("EMBEDDED", default=False)
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_development_key = hashlib.sha256(str(BASE_DIR).encode()).hexdigest()
SECRET_KEY = env.str("SECRET_KEY", default=_development_key)
# The first key encrypts, all of them decrypt (kit/secrets.py). Apart from SECRET_KEY on purpose.
FIELD_KEYS = env.list("FIELD_KEYS", default=["-7mKFr1SmnRCIxp5u7ybyJvGy_PQgOUWTmrU0300UGw="])
# How codes of counterparties look in our Union (R1.5), a regular expression of the whole code.
COUNTERPARTY_CODE = env.str("COUNTERPARTY_CODE", default=r"[\w./-]{2,20}")
# A rest of a period under either joins the next period's line (R3.3).
REST_MINIMUM_DAYS = env.int("REST_MINIMUM_DAYS", default=3)
REST_MINIMUM_SUM = env.int("REST_MINIMUM_SUM", default=50)
# Sent and unpaid for so long: units expire or are taken back (R3.2).
UNPAID_DAYS = env.int("UNPAID_DAYS", default=14)
# A renewal whose rate a month is so many percent away from the last time waits for a person (R5).
RENEWAL_PARK_PERCENT = env.int("RENEWAL_PARK_PERCENT", default=30)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "billing_site.office",
    "billing_site.journal",
    "billing_site.letters",
    "clients",
    "products",
    "invoices",
    "tickets",
    "reports",
    "billing_site.pages",
    "billing_site.home",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "lucide",
    "pgtrigger",
    "pghistory",
    "csp",
]
MIDDLEWARE = [
    "billing_site.pages.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "billing_site.pages.middleware.LanguageMiddleware",
    "billing_site.pages.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "billing_site.urls"
WSGI_APPLICATION = "billing_site.wsgi.application"
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
                "billing_site.pages.context.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "lucide.templatetags.lucide",
                "billing_site.pages.templatetags.panel",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgres://billing:billing@127.0.0.1:5432/billing"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

AUTH_USER_MODEL = "office.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "billing_site.office.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "billing_site.pages.errors.form_too_old"
SECURE_COOKIES = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],  # SVG and mail frames carry style attributes
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Moscow"
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", str(files("bootstrap") / "css")),
    ("bootstrap", str(files("bootstrap") / "js")),
]
FILES_DIR = VAR_DIR / "files"
STORAGES = {
    # Client files are reachable through views only: no MEDIA_URL exists.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(FILES_DIR)},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served straight from the wheels and static/: no collecting step; {% asset %} adds the content's hash.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 365 * 24 * 3600
UPLOAD_LIMIT = 20 * 1024 * 1024  # bytes of one request; refused by Content-Length and by a counting handler
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "billing_site.pages.uploads.CountingHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

_mail = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Облачный офис <billing@oblako.example>")
OFFICE_ADDRESS = parseaddr(DEFAULT_FROM_EMAIL)[1]
MAIL_HOST = OFFICE_ADDRESS.rpartition("@")[2]
# The authserv-id our own MX writes into Authentication-Results; empty = no sender is called authenticated.
TRUSTED_AUTHSERV = env.str("TRUSTED_AUTHSERV", default="")
MAILBOX_URL = env.str("MAILBOX_URL", default=f"maildir://{VAR_DIR / 'mailbox'}")

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "retry_on_timeout": False,
    "max_retries": 0,  # of one who sends: the sweep is his second try
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # the worker waits for Redis as long as it is away
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE


def _every(seconds: int, task: str) -> dict[str, Any]:
    """A tick that found no worker for two minutes is worth nothing: others have come since."""
    return {"task": task, "schedule": seconds, "options": {"expires": 120}}


# Clock-started work by name; what each does stands in its app's schedule.py.
CELERY_BEAT_SCHEDULE = {
    "letters-sweep": _every(30, "letters.sweep"),
    "papers-sweep": _every(30, "invoices.sweep_papers"),
    "jobs-sweep": _every(60, "journal.sweep_jobs"),
    "jobs-files": {"task": "journal.forget_files", "schedule": crontab(hour=3, minute=30)},
    "mail-fetch": _every(5, "tickets.fetch"),
    "mail-sweep": _every(30, "tickets.sweep"),
    "handovers": _every(30, "tickets.open_handovers"),
    "sla": _every(60, "tickets.watch_clocks"),
    "module-calls": _every(30, "products.sweep_calls"),
    "domains": _every(600, "products.renew_domains"),
    "statements-sweep": _every(60, "invoices.sweep_statements"),
    "payers": {"task": "invoices.turn_payers", "schedule": crontab(hour=0, minute=5)},
    "planned-changes": {"task": "invoices.carry_out_planned", "schedule": crontab(hour=0, minute=20)},
    "ended-services": {"task": "invoices.terminate_ended", "schedule": crontab(hour=0, minute=40)},
    "unpaid-units": {"task": "invoices.expire_unpaid", "schedule": crontab(hour=1, minute=10)},
    "quotes": {"task": "invoices.expire_quotes", "schedule": crontab(hour=0, minute=50)},
    "drifts": {"task": "invoices.look_for_drifts", "schedule": crontab(hour=2, minute=0)},
    "renewals": {"task": "invoices.renew", "schedule": crontab(hour=5, minute=0)},
}

CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
PGHISTORY_APPEND_ONLY = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGTRIGGER_MIGRATIONS = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING")
structlog.configure(
    wrapper_class=structlog.make_filtering_bound_logger(LOG_LEVEL),
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False)
        if env.bool("LOG_CONSOLE", default=DEBUG)
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    # What a command answers on standard output is for other programs.
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"brief": {"()": "billing_site.kit.errands.Brief"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["brief"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.request": {"level": "ERROR"}},
}
