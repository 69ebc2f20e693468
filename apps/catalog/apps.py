"""Django's registration of this app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The `catalog` app."""

    name = "apps.catalog"
    label = "catalog"
    console_position = 20
