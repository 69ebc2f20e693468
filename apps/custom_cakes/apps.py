"""Django's registration of this app."""

from django.apps import AppConfig


class CustomCakesConfig(AppConfig):
    """The `custom_cakes` app: requests, their revisions, quotes and the decision about them."""

    name = "apps.custom_cakes"
    label = "custom_cakes"
    verbose_name = "Custom cakes"
    console_position = 12
