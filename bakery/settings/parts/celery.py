"""Celery over Valkey, with the settings that were measured to keep work (docs/adr/0004).

Tasks carry no business data: they only wake the outbox relay, so a lost task delays work and
never loses it.
"""

from bakery.settings.environment import env

CELERY_BROKER_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
    "global_keyprefix": env("CELERY_PREFIX", default="bakery:"),
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_RETRY_DELAY = 5
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "bakery.edge.tasks.relay_critical": {"queue": "critical"},
    # Dropped when it waits too long: it must not wait behind mails.
    "apps.notifications.tasks.escalate_overdue": {"queue": "critical"},
    "bakery.edge.tasks.relay_documents": {"queue": "documents"},
    "apps.receipts.tasks.seal_waiting": {"queue": "documents"},
    "bakery.edge.tasks.relay_media": {"queue": "media"},
    "bakery.edge.tasks.relay_ml": {"queue": "ml"},
}
CELERY_BEAT_SCHEDULER = "bakery.edge.beat:ShopScheduler"
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True
