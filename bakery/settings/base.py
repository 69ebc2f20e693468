"""What holds in development, tests and production alike."""

from bakery.settings.environment import BASE_DIR, env
from bakery.settings.parts.auth import *
from bakery.settings.parts.cache import *
from bakery.settings.parts.celery import *
from bakery.settings.parts.channels import *
from bakery.settings.parts.counter import *
from bakery.settings.parts.custom_cakes import *
from bakery.settings.parts.cutouts import *
from bakery.settings.parts.database import *
from bakery.settings.parts.llm import *
from bakery.settings.parts.loyalty import *
from bakery.settings.parts.mail import *
from bakery.settings.parts.observability import *
from bakery.settings.parts.pricing import *
from bakery.settings.parts.receipts import *
from bakery.settings.parts.rest import *
from bakery.settings.parts.security import *
from bakery.settings.parts.sending import *
from bakery.settings.parts.shop import *
from bakery.settings.parts.stock import *
from bakery.settings.parts.storage import *
from bakery.settings.parts.stripe import *
from bakery.settings.parts.till import *
from bakery.settings.parts.twilio import *

DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    # The forms' own templates, which FORM_RENDERER finds only in an installed app.
    "django.forms",
    "bakery.edge.apps.ConsoleConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_celery_beat",
    "django_guid",
    "health_check",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "phonenumber_field",
    "channels",
    "djstripe",
    "bakery.kernel.apps.KernelConfig",
    "bakery.edge.apps.EdgeConfig",
    "apps.accounts",
    "apps.notifications",
    "apps.catalog",
    "apps.pricing",
    "apps.descriptions",
    "apps.inventory",
    "apps.loyalty",
    "apps.orders",
    "apps.custom_cakes",
    "apps.recovery",
    "apps.receipts",
    "apps.payments",
    "apps.books",
]

MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bakery.edge.middleware.ClientAddressMiddleware",
    "bakery.edge.middleware.RequestGuardMiddleware",
    "bakery.edge.middleware.AccessLogMiddleware",
    "bakery.edge.middleware.ContentPolicyMiddleware",
    "bakery.edge.middleware.ConsoleTimeMiddleware",
    # Only where a browser of another origin may read: it costs every request something.
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "bakery.edge.middleware.AccessRuleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bakery.edge.middleware.ErrorPageMiddleware",
]

ROOT_URLCONF = "bakery.urls"
WSGI_APPLICATION = "bakery.wsgi.application"
ASGI_APPLICATION = "bakery.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
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
                "bakery.edge.context.shop",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
USE_TZ = True
# Stored and computed in UTC; what a person means by a date is in SHOP_TIME_ZONE.
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))()
# One generated migration in place of dj-stripe's long history: the same schema, 85 s less CPU.
MIGRATION_MODULES = {"djstripe": "bakery.mirror_migrations"}
