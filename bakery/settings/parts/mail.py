"""Mail by EMAIL_URL; the sandbox is an SMTP sink on loopback."""

import os
from typing import Any

from bakery.settings.environment import env

# A mail provider by its API instead of SMTP, as django-anymail calls it: postmark, mailgun, brevo,
# ... Its keys are environment variables ANYMAIL_<NAME>, as in anymail's own documentation
# (ANYMAIL_POSTMARK_SERVER_TOKEN). ANYMAIL_WEBHOOK_SECRET, "user:password", opens the address to
# which it reports; several, with commas, during a rotation.
EMAIL_PROVIDER = env("EMAIL_PROVIDER", default="")
_PREFIX = "ANYMAIL_"
ANYMAIL: dict[str, Any] = {
    name.removeprefix(_PREFIX): value
    for name, value in os.environ.items()
    if name.startswith(_PREFIX)
}
ANYMAIL["WEBHOOK_SECRET"] = env.list("ANYMAIL_WEBHOOK_SECRET", default=[])
# Not every provider can leave a single mail unmeasured; then its reports are not kept.
ANYMAIL["IGNORE_UNSUPPORTED_FEATURES"] = True
ANYMAIL["REQUESTS_TIMEOUT"] = (4, 10)
vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:8025"))
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Sweet Rise Bakery <hello@bakery.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
