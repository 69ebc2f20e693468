"""All HTTP: `gunicorn bakery.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.prod")
application = get_wsgi_application()
