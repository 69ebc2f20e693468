"""Django's registration of this app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The `inventory` app: answers the catalog's questions of what can be had, and when."""

    name = "apps.inventory"
    label = "inventory"
    console_position = 30

    def ready(self) -> None:
        """Register the answers; models are loaded only now."""
        from apps.catalog import selectors as catalog
        from apps.inventory.rules.mail_samples import SAMPLES
        from apps.inventory.selectors import available, promises_of
        from apps.notifications.services import add_sample

        catalog.answer_availability_with(available)
        catalog.answer_promises_with(promises_of)
        for template, name, data in SAMPLES:
            add_sample(template=template, context=data, name=name)
