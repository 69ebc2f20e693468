"""Whether, and for how much, an order is brought to an address."""

from dataclasses import dataclass
from decimal import Decimal

from apps.orders.rules.order_data import Address
from bakery.kernel.errors import Invalid


@dataclass(frozen=True)
class DeliveryQuote:
    """A zone's terms: its fee, none from ``free_from`` on, for goods of at least ``minimum``."""

    zone: str
    fee: Decimal
    minimum: Decimal = Decimal(0)
    free_from: Decimal | None = None

    def fee_for(self, goods: Decimal) -> Decimal:
        """Return the fee for goods that cost ``goods`` after promotions."""
        return Decimal(0) if self.free_from is not None and goods >= self.free_from else self.fee


def quote_delivery(address: Address) -> DeliveryQuote:
    """Return the terms for ``address``; raise `Invalid` ``delivery_not_offered``."""
    raise Invalid("delivery_not_offered", "We do not deliver to this address.")
