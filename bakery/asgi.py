"""Sockets only (`/ws/`): HTTP is served by WSGI, at a fifth of the CPU (docs/adr/0002)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.prod")

from channels.routing import ProtocolTypeRouter, URLRouter
from django import setup

setup()

from bakery.live import live_application, no_page_here  # noqa: E402

# However many clients hold a socket, their reads share one thread and so one connection.
application = ProtocolTypeRouter({"websocket": live_application(URLRouter), "http": no_page_here})
