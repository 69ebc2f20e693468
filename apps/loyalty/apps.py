"""Django's registration of this app."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """The `loyalty` app: completes the mails of gift cards, whose codes are stored nowhere."""

    name = "apps.loyalty"
    label = "loyalty"
    console_position = 40

    def ready(self) -> None:
        """Register for mails; models are loaded only now."""
        from apps.loyalty.rules.mail_samples import SAMPLES
        from apps.loyalty.services import gift_card_desk
        from apps.notifications import services as notifications

        notifications.add_mail_secrets(
            template=gift_card_desk.MAIL, source=gift_card_desk.mail_secrets
        )
        for template, name, data in SAMPLES:
            notifications.add_sample(template=template, context=data, name=name)
