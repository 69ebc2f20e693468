"""Django's registration of this app."""

from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    """The `receipts` app: numbered receipts and credit notes."""

    name = "apps.receipts"
    label = "receipts"
    console_position = 48

    def ready(self) -> None:
        """Show documents on orders, and put the link into their mails when those go out."""
        from apps.notifications.services import add_mail_secrets, add_sample
        from apps.orders.selectors import add_order_fields, add_page_part, add_personal_rows
        from apps.receipts import selectors, services
        from apps.receipts.rules.mail_samples import SAMPLES
        from apps.receipts.services.showing import order_fields, page_part

        add_mail_secrets(template=services.MAIL, source=services.link_secrets)
        add_page_part(page_part)
        add_order_fields(order_fields)
        add_personal_rows("documents", selectors.documents_to_take)
        for template, name, data in SAMPLES:
            add_sample(template=template, context=data, name=name)
