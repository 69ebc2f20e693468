"""What goods cost together here and now: the rule of prices with the shop's place filled in."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging
from apps.orders.rules.pricing import Place, Priceable, Totals, price_lines
from bakery.kernel import clock


def place_of_sale(*, at: datetime) -> Place:
    """Return the place whose tax holds, on the shop's date of ``at``."""
    return Place(
        settings.SHOP_CURRENCY,
        settings.SHOP_COUNTRY,
        settings.SHOP_REGION,
        clock.shop_date(at),
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        local=settings.SHOP_TAX_LOCAL,
    )


def price_goods(goods: Iterable[tuple[SellableVariant, int]], *, at: datetime) -> Totals:
    """Return the totals of ``goods``, each with how many of it, sold at ``at``."""
    return price_lines(
        [
            Priceable(
                variant.price,
                quantity,
                variant.tax_class,
                variant.pieces,
                variant.weight_g,
                variant.packaging == Packaging.PREPACKAGED,
            )
            for variant, quantity in goods
        ],
        place_of_sale(at=at),
    )
