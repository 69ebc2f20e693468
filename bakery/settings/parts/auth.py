"""Accounts, passwords and tokens."""

from datetime import timedelta

from bakery.settings.environment import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "bakery.edge.hashers.BakeryArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/console/login/"
CUSTOMER_LOGIN_URL = "/account/login/"
PASSWORD_RESET_TIMEOUT = 3600
OTP_TOTP_ISSUER = env("SHOP_NAME", default="Sweet Rise Bakery")
# kid:base64url(32-byte Ed25519 seed); several during a rotation, JWT_ACTIVE_KID signs.
JWT_KEYS = env.list("JWT_KEYS", default=[])
JWT_ACTIVE_KID = env("JWT_ACTIVE_KID", default="")
JWT_AUDIENCE = "bakery-api"
JWT_ISSUER = env("JWT_ISSUER", default="bakery")
JWT_ACCESS_LIFETIME = timedelta(minutes=5)
JWT_REFRESH_LIFETIME = timedelta(days=14)
# Keys of the audit chain and of keyed hashes of addresses in logs.
AUDIT_KEY = env("AUDIT_KEY", default="")
FINGERPRINT_KEY = env("FINGERPRINT_KEY", default="")
