"""Whether a sale costs what its customer was told, and uses what they meant to use."""

from decimal import Decimal

from django.conf import settings

from apps.orders.selectors.sales import SaleQuote, Wishes
from bakery.kernel.errors import Conflict


def require_agreed(
    quote: SaleQuote,
    wishes: Wishes,
    *,
    expected_total: Decimal | None,
    expected_due: Decimal | None,
) -> None:
    """Refuse a sale that is not what the customer agreed to; nobody loses a discount in silence.

    Who says what they expect is asked again when it differs: `Conflict` ``price_changed``
    (details: total, due, currency, breakdown), whatever the reason is. Who does not say it gets
    what they named or a refusal: ``code_refused`` (details: codes, with a reason each),
    ``points_short`` (details: available) or ``gift_card_short``.
    """
    totals = quote.totals
    if expected_total not in {None, totals.total} or expected_due not in {None, totals.due}:
        raise price_changed(quote)
    if expected_due is None and len(quote.cards) < len(set(wishes.card_ids)):
        raise Conflict("gift_card_short", "A gift card of the cart cannot pay any more.")
    if expected_total is not None:
        return
    if quote.offers.refused:
        raise Conflict(
            "code_refused",
            "A code of the cart does not hold for this order.",
            details={"codes": quote.as_json()["codes_refused"]},
        )
    if quote.points_short:
        raise Conflict(
            "points_short",
            f"There are only {quote.points_available} points left to use.",
            details={"available": quote.points_available},
        )


def price_changed(quote: SaleQuote) -> Conflict:
    """Return the refusal that tells what the sale costs now, and why."""
    totals = quote.totals
    words = f"the total is now {totals.total} {settings.SHOP_CURRENCY}"
    if totals.gift_card_total:
        words += f", of which {totals.due} {settings.SHOP_CURRENCY} are to be paid"
    return Conflict(
        "price_changed",
        f"The price changed: {words}.",
        details={
            "total": str(totals.total),
            "due": str(totals.due),
            "currency": settings.SHOP_CURRENCY,
            "breakdown": quote.as_json(),
        },
    )
