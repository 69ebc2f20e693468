"""Django's registration of the demo."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Commands only: no tables, no addresses."""

    name = "bakery.demo"
    label = "demo"
