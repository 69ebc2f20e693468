"""`make run`: the sandbox stands in for whatever the environment does not name."""

from bakery.settings.base import *
from bakery.settings.environment import env

DEBUG = env.bool("DEBUG", default=False)
SANDBOX = True
SECRET_KEY = SECRET_KEY or "development-only-secret-key-never-used-in-production-0123456789"
# Mails that are advertising name it or are not sent.
SHOP_ADDRESS = SHOP_ADDRESS or ["12 Oven Lane", "Toronto ON M5V 2T6"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sessionid", "csrftoken"
# The demo shows models at work; no real decisions were made yet.
PRICING_TRUST_SIMULATED = True
# dj-stripe warns of STRIPE_API_HOST, which here is the sandbox and which production refuses.
SILENCED_SYSTEM_CHECKS = ["djstripe.W002"]
INSTALLED_APPS = [*INSTALLED_APPS, "bakery.demo", "bakery.sandbox.till"]
