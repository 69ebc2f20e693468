"""Mail by EMAIL_URL; the sandbox is an SMTP sink on loopback."""

from bakery.settings.environment import env

vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:8025"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Sweet Rise Bakery <hello@bakery.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
