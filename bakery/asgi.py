"""Sockets only (`/ws/`): HTTP is served by WSGI, at a fifth of the CPU (docs/adr/0002)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.prod")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from bakery.live import live_application  # noqa: E402

# However many clients hold a socket, their reads share one thread and so one connection.
application = ProtocolTypeRouter({"websocket": live_application(URLRouter)})
