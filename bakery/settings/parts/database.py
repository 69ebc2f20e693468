"""PostgreSQL. WSGI keeps connections and checks them; the socket process keeps none."""

from bakery.settings.environment import env

DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgres://bakery_app@127.0.0.1:5432/bakery"),
        "ENGINE": "bakery.kernel.postgres",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 3,
    # A lock or a statement that takes longer is a fault; it must free its locks, not hang a shop.
    "options": "-c lock_timeout=3s -c idle_in_transaction_session_timeout=30s"
    f" -c statement_timeout={env('DB_STATEMENT_TIMEOUT', default='10s')}",
}
