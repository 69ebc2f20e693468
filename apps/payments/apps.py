"""Django's registration of this app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The `payments` app."""

    name = "apps.payments"
    label = "payments"
    console_position = 50

    def ready(self) -> None:
        """Bound what dj-stripe may wait for Stripe, and tell of payments on orders' pages."""
        from apps.notifications.services import add_sample
        from apps.orders.selectors import (
            Tool,
            add_given_source,
            add_order_flags,
            add_order_tool,
            add_page_part,
            add_personal_rows,
            add_timeline_source,
        )
        from apps.orders.states import OrderStatus
        from apps.payments.adapters.mirror import limit_global_client
        from apps.payments.rules.mail_samples import SAMPLES
        from apps.payments.selectors import decline_part, personal, refunds_part, tell_timeline
        from apps.payments.selectors.disputes import flag_disputes, tell_disputes
        from apps.payments.selectors.refunds import given_at_counter

        limit_global_client()
        add_given_source(given_at_counter)
        add_order_flags(flag_disputes)
        add_timeline_source(tell_timeline)
        add_timeline_source(tell_disputes)
        add_page_part(decline_part)
        add_page_part(refunds_part)
        add_personal_rows("payments", personal.payments_to_take)
        add_personal_rows("refunds", personal.refunds_to_take)
        add_personal_rows("disputes", personal.disputes_to_take)
        address, permission = "admin:payments_refundrequest_order", "payments.request_refund"
        unpaid = {OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED}
        add_order_tool(Tool("Refund", address, permission, sorted(set(OrderStatus) - unpaid)))
        for template, name, data in SAMPLES:
            add_sample(template=template, context=data, name=name)
