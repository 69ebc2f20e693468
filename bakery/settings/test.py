"""The test run: real PostgreSQL and Valkey, sandbox services, cheap password hashing."""

from bakery.settings.base import *

SANDBOX = True
SECRET_KEY = "test-only-secret-key-0123456789-0123456789-0123456789"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sessionid", "csrftoken"
# Argon2id stays the algorithm; its cost is what is lowered.
PASSWORD_HASHERS = [
    "bakery.edge.hashers.CheapArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
# Seconds of CPU for each picture: tests that want it ask for it.
CUTOUT_AUTOMATIC = False
# Tenths of a second of CPU for each paid order: tests that want files ask for them.
RECEIPT_SEALING_AUTOMATIC = False
# A draft for each cake that a test makes: tests that want them ask for them.
DRAFTS_AUTOMATIC = False
# dj-stripe warns of STRIPE_API_HOST, which here is the sandbox and which production refuses.
SILENCED_SYSTEM_CHECKS = ["djstripe.W002"]
INSTALLED_APPS = [*INSTALLED_APPS, "bakery.demo", "bakery.sandbox.till"]
# A test that is rolled back holds one transaction open from its first statement to its last: on a
# busy machine, longer than a transaction of the shop ever may.
DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=300s"
