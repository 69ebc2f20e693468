"""gunicorn for all HTTP: threads, because requests wait for PostgreSQL more than they compute."""

# ruff: noqa: INP001 - read by gunicorn, not imported
import os

bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('WEB_PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Imported once, then forked: half the start-up time and shared memory.
preload_app = True
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 10
keepalive = 15
# Below nginx's own limits, so that what is refused is refused by the same rules everywhere.
limit_request_line = 4094
limit_request_fields = 60
control_socket_disable = True
accesslog = None
loglevel = "warning"
