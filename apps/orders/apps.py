"""Django's registration of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The `orders` app: answers the calendar's question of who picks up when."""

    name = "apps.orders"
    label = "orders"

    def ready(self) -> None:
        """Register the answer; models are loaded only now."""
        from apps.inventory import selectors as inventory
        from apps.orders.selectors import bookings

        inventory.answer_bookings_with(bookings)
