"""Django's registration of this app."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """The `loyalty` app."""

    name = "apps.loyalty"
    label = "loyalty"
