"""What the content of a document says of a sale beyond its sums. Pure.

Reads schema 1 of documents, see `apps.receipts.rules.content`. What a document does not say is
nothing: the books never guess.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class SoldRow:
    """A row of a document: ``net`` is without tax, ``discount`` as its price is written.

    ``levies`` are names and rates as text; none for what bears no tax.
    """

    is_delivery: bool
    net: Decimal
    discount: Decimal
    levies: tuple[tuple[str, str], ...]


def sold_rows(content: Mapping[str, Any]) -> Iterator[SoldRow]:
    """Yield the rows of a document's content, in the direction of its kind."""
    levies = {
        code["code"]: tuple((levy["name"], levy["rate"]) for levy in code["levies"])
        for code in content.get("codes", ())
    }
    has_tax_in_it = bool(content.get("prices_include_tax"))
    for row in content.get("rows", ()):
        written, tax = Decimal(row["net"]), Decimal(row["tax"])
        yield SoldRow(
            is_delivery=row["kind"] == "delivery",
            net=written - tax if has_tax_in_it else written,
            discount=Decimal(row["discount"]),
            levies=levies.get(row["code"], ()),
        )


def delivery_of(content: Mapping[str, Any]) -> Decimal:
    """Return what of a document's subtotal is for bringing the goods, without tax."""
    return sum((row.net for row in sold_rows(content) if row.is_delivery), _ZERO)
