"""Django's registration of this app."""

from django.apps import AppConfig


class CustomCakesConfig(AppConfig):
    """The `custom_cakes` app: requests, their revisions, quotes and the decision about them."""

    name = "apps.custom_cakes"
    label = "custom_cakes"
    verbose_name = "Custom cakes"
    console_position = 12

    def ready(self) -> None:
        """Register what mails look like."""
        from apps.custom_cakes.rules.mail_samples import OFFER_SAMPLES
        from apps.notifications import services as notifications

        for template, name, data in OFFER_SAMPLES:
            notifications.add_sample(template=template, context=data, name=name)
