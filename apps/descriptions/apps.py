"""Django's registration of this app."""

from django.apps import AppConfig


class DescriptionsConfig(AppConfig):
    """The `descriptions` app: drafts of texts about cakes, and their check."""

    name = "apps.descriptions"
    label = "descriptions"
    verbose_name = "Descriptions"
    console_position = 27
