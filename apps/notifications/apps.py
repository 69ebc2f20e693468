"""Django's registration of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The `notifications` app."""

    name = "apps.notifications"
    label = "notifications"
