"""Django's registration of this app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """The `pricing` app: predicts prices and servings, and learns from what people decided."""

    name = "apps.pricing"
    label = "pricing"
    verbose_name = "Prices and predictions"
    console_position = 25
