"""Django's registration of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The `orders` app: answers who picks up when, who bought of a lot, and who bought at all."""

    name = "apps.orders"
    label = "orders"
    console_position = 10

    def ready(self) -> None:
        """Register the answer; models are loaded only now."""
        from apps.accounts import services as accounts
        from apps.inventory import selectors as inventory
        from apps.loyalty import selectors as loyalty
        from apps.notifications import services as notifications
        from apps.orders.rules.mail_samples import SAMPLES
        from apps.orders.selectors import bookings, buyers
        from apps.orders.selectors.first_orders import has_paid_before
        from apps.orders.selectors.outdated import KINDS, outdated_word
        from apps.orders.services import claims, refuse_open_orders

        accounts.before_erasure(step=refuse_open_orders)
        notifications.add_mail_secrets(template=claims.MAIL, source=claims.claim_secrets)
        inventory.answer_bookings_with(bookings)
        inventory.answer_buyers_with(buyers)
        loyalty.answer_first_order_with(has_paid_before)
        for kind in KINDS:
            notifications.add_last_check(kind=kind, check=outdated_word)
        for template, name, data in SAMPLES:
            notifications.add_sample(template=template, context=data, name=name)
