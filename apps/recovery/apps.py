"""Django's registration of this app."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """The `recovery` app: reminds of carts that were left, and measures whether it helps."""

    name = "apps.recovery"
    label = "recovery"
    verbose_name = "Carts that were left"
    console_position = 55

    def ready(self) -> None:
        """Register for what messages say at the moment of sending, and for erasures."""
        from apps.accounts import services as accounts
        from apps.notifications import services as notifications
        from apps.orders.selectors.extensions import add_cart_part, add_person_rows
        from apps.orders.services.privacy import before_guest_erasure
        from apps.recovery import services
        from apps.recovery.rules.mail_samples import SAMPLES
        from apps.recovery.services.contacts import cart_part
        from apps.recovery.services.privacy import contact_rows

        for kind in services.KINDS:
            notifications.add_last_check(kind=kind, check=services.outdated_reminder)
            notifications.add_text_link(kind=kind, source=services.link_of_message)
            notifications.add_mail_secrets(
                template=f"recovery/mail/{kind}", source=services.reminder_mail
            )
        accounts.before_erasure(step=services.forget_user)
        before_guest_erasure(step=services.forget_mailbox)
        add_person_rows("cart_reminders", contact_rows)
        add_cart_part(cart_part)
        for template, name, data in SAMPLES:
            notifications.add_sample(template=template, context=data, name=name)
