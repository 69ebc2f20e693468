"""Django's registration of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The `notifications` app: forgets messages to a person who is erased."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = "Messages and alerts"
    console_position = 15

    def ready(self) -> None:
        """Register for erasures; models are loaded only now."""
        from apps.accounts import services as accounts
        from apps.notifications.rules.mail_samples import SAMPLES
        from apps.notifications.services import add_mail_secrets, add_sample, erase_messages_to
        from apps.notifications.services.opting import TEMPLATE, confirm_link

        accounts.before_erasure(step=erase_messages_to)
        add_mail_secrets(template=TEMPLATE, source=confirm_link)
        for template, name, data in SAMPLES:
            add_sample(template=template, context=data, name=name)
