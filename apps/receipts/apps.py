"""Django's registration of this app."""

from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    """The `receipts` app: numbered receipts and credit notes."""

    name = "apps.receipts"
    label = "receipts"
    console_position = 48
