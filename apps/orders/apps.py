"""Django's registration of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The `orders` app."""

    name = "apps.orders"
    label = "orders"
