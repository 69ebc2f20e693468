"""Sockets only (`/ws/`): HTTP is served by WSGI, at a fifth of the CPU (docs/adr/0002)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.prod")
# The socket process holds a few thousand idle clients; each must not hold a connection as well.
os.environ["CONN_MAX_AGE"] = "0"

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

http = get_asgi_application()

from bakery.live import live_application  # noqa: E402

application = ProtocolTypeRouter({"websocket": live_application(URLRouter)})
