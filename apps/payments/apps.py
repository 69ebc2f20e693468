"""Django's registration of this app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The `payments` app."""

    name = "apps.payments"
    label = "payments"

    def ready(self) -> None:
        """Bound what dj-stripe may wait for Stripe."""
        from apps.payments.adapters.mirror import limit_global_client

        limit_global_client()
