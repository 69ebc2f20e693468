"""Django's registration of this app."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """The `recovery` app: reminds of carts that were left, and measures whether it helps."""

    name = "apps.recovery"
    label = "recovery"
    console_position = 55
