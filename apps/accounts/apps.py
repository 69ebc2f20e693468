"""Django's registration of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The `accounts` app."""

    name = "apps.accounts"
    label = "accounts"
    console_position = 70
