"""Django's registration of this app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The `inventory` app: answers the catalog's question of what can be had."""

    name = "apps.inventory"
    label = "inventory"

    def ready(self) -> None:
        """Register the answer; models are loaded only now."""
        from apps.catalog import selectors as catalog
        from apps.inventory.selectors import available

        catalog.answer_availability_with(available)
