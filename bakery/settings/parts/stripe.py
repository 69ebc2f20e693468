"""Stripe through its SDK; STRIPE_API_BASE is set only for the sandbox."""

from bakery.settings.environment import env

STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
# Several during a rotation: each is accepted until it is taken off the list.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")
STRIPE_TIMEOUT_SECONDS = (3, 8)
# So long after a payment without a single webhook, somebody is told.
STRIPE_SILENCE_MINUTES = env.int("STRIPE_SILENCE_MINUTES", default=60)
# dj-stripe's mirror, filled by our worker; its own webhook view is not mounted.
STRIPE_LIVE_MODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_LIVE_SECRET_KEY = STRIPE_SECRET_KEY if STRIPE_LIVE_MODE else ""
STRIPE_TEST_SECRET_KEY = "" if STRIPE_LIVE_MODE else STRIPE_SECRET_KEY
if STRIPE_API_BASE:
    STRIPE_API_HOST = STRIPE_API_BASE
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
