"""Browser-facing defences: CSP, CORS, cookies, trusted proxies, request limits."""

from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from bakery.settings.environment import env

_LIVE = env("LIVE_BASE_URL", default="ws://127.0.0.1:8001")
# Where pictures come from: in production always another origin.
_MEDIA_URL = urlsplit(env("MEDIA_URL", default=""))
_MEDIA = [f"{_MEDIA_URL.scheme}://{_MEDIA_URL.netloc}"] if _MEDIA_URL.netloc else []
if not _MEDIA and (_S3 := env("AWS_S3_ENDPOINT_URL", default="")):
    _MEDIA = [_S3]
_STRIPE = urlsplit(env("STRIPE_API_BASE", default=""))
# The pay button is a form that ends on Stripe's page, and browsers check the redirect as well.
_PAYMENT_PAGES = env.list(
    "STRIPE_PAGE_ORIGINS",
    default=[
        f"{_STRIPE.scheme}://{_STRIPE.netloc}" if _STRIPE.netloc else "https://checkout.stripe.com"
    ],
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *_MEDIA],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF, _LIVE],
        "form-action": [SELF, *_PAYMENT_PAGES],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "report-uri": ["/csp-report/"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "bakery.edge.pages.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/api/.*$"
# Networks whose X-Forwarded-For is believed; everybody else's is ignored.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# rate per window and what is counted; `bakery.edge.throttling` reads them.
RATE_LIMITS = {
    "public": env("RATE_PUBLIC", default="600/minute"),
    "login_address": env("RATE_LOGIN_ADDRESS", default="20/minute"),
    "login_address_hour": env("RATE_LOGIN_ADDRESS_HOUR", default="200/hour"),
    "login_account": env("RATE_LOGIN_ACCOUNT", default="10/5 minutes"),
    "login_pair": env("RATE_LOGIN_PAIR", default="5/minute"),
    "login_pair_hour": env("RATE_LOGIN_PAIR_HOUR", default="30/hour"),
    "login_pair_day": env("RATE_LOGIN_PAIR_DAY", default="100/day"),
    "otp": env("RATE_OTP", default="10/10 minutes"),
    "mailbox": env("RATE_MAILBOX", default="5/hour"),
    "mailbox_address": env("RATE_MAILBOX_ADDRESS", default="20/hour"),
    "till": env("RATE_TILL", default="240/minute"),
    "calendar": env("RATE_CALENDAR", default="60/minute"),
    "order": env("RATE_ORDER", default="60/minute"),
    "refund": env("RATE_REFUND", default="30/hour"),
    "waitlist": env("RATE_WAITLIST", default="20/hour"),
    "cart_contact": env("RATE_CART_CONTACT", default="10/hour"),
    # Codes of coupons that were tried and refused, by cart and by address.
    "code": env("RATE_CODE", default="10/10 minutes"),
    "code_address": env("RATE_CODE_ADDRESS", default="60/hour"),
}
