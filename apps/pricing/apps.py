"""Django's registration of this app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """The `pricing` app: predicts prices and servings, and learns from what people decided."""

    name = "apps.pricing"
    label = "pricing"
    verbose_name = "Prices and predictions"
    console_position = 25

    def ready(self) -> None:
        """Link the suggested prices from the console's pages of products."""
        from apps.catalog.selectors import ProductTool, add_product_tool

        label, address = "Suggested prices", "admin:pricing_suggested"
        add_product_tool(ProductTool(label, address, "catalog.change_variant"))
