"""Django's registration of this app."""

from django.apps import AppConfig


class CustomCakesConfig(AppConfig):
    """The `custom_cakes` app: requests, their revisions, quotes and the decision about them."""

    name = "apps.custom_cakes"
    label = "custom_cakes"
    verbose_name = "Custom cakes"
    console_position = 12

    def ready(self) -> None:
        """Register what mails look like, and what is done when a person is erased."""
        from apps.accounts import services as accounts
        from apps.custom_cakes import services
        from apps.custom_cakes.rules.mail_samples import OFFER_SAMPLES
        from apps.custom_cakes.rules.request_samples import REQUEST_SAMPLES
        from apps.custom_cakes.services.privacy import request_rows, take_over
        from apps.notifications import services as notifications
        from apps.orders.selectors import Tool, add_order_tool
        from apps.orders.selectors.extensions import add_person_rows
        from apps.orders.services.claims import also_claim
        from apps.orders.services.privacy import before_guest_erasure
        from apps.orders.states import Channel

        accounts.before_erasure(step=services.forget_user)
        before_guest_erasure(step=services.forget_mailbox)
        also_claim(step=take_over)
        add_person_rows("custom_cakes", request_rows)
        address, permission = (
            "admin:custom_cakes_cakerequest_order",
            "custom_cakes.view_cakerequest",
        )
        add_order_tool(Tool("Wishes and pictures", address, permission, channels=(Channel.CUSTOM,)))
        for template, name, data in (*OFFER_SAMPLES, *REQUEST_SAMPLES):
            notifications.add_sample(template=template, context=data, name=name)
