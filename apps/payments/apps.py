"""Django's registration of this app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The `payments` app."""

    name = "apps.payments"
    label = "payments"
    console_position = 50

    def ready(self) -> None:
        """Bound what dj-stripe may wait for Stripe, and tell payments on orders' timelines."""
        from apps.orders.selectors import add_timeline_source
        from apps.payments.adapters.mirror import limit_global_client
        from apps.payments.selectors import tell_timeline

        limit_global_client()
        add_timeline_source(tell_timeline)
