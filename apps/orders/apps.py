"""Django's registration of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The `orders` app: answers who picks up when, and who bought of a lot."""

    name = "apps.orders"
    label = "orders"

    def ready(self) -> None:
        """Register the answer; models are loaded only now."""
        from apps.inventory import selectors as inventory
        from apps.orders.selectors import bookings, buyers

        inventory.answer_bookings_with(bookings)
        inventory.answer_buyers_with(buyers)
