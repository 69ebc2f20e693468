"""Production: refuses to boot on a missing or default secret, on DEBUG, on a sandbox endpoint."""

from bakery.settings.base import *
from bakery.settings.environment import env
from bakery.settings.guard import refuse_unsafe

DEBUG = env.bool("DEBUG", default=False)
SANDBOX = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63072000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
refuse_unsafe(globals())
