"""The shop as its documents name it, from settings."""

from django.conf import settings

from apps.receipts.rules.content import Shop


def read_shop() -> Shop:
    """Return who sells, as the settings say today; nothing is made up that they leave out."""
    return Shop(
        name=settings.SHOP_LEGAL_NAME or settings.SHOP_NAME,
        address=tuple(settings.SHOP_ADDRESS),
        phone=settings.SHOP_PHONE,
        email=settings.SHOP_EMAIL,
        country=settings.SHOP_COUNTRY,
        region=settings.SHOP_REGION,
        numbers=dict(settings.SHOP_TAX_NUMBERS),
        policies={"en": settings.RECEIPT_POLICY, "fr": settings.RECEIPT_POLICY_FR},
    )
