"""How a sum came about, row by row, as pages, mails and slips show it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.orders.rules.tax import LevyShare

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SumRow:
    """A row: what lowers the sum is negative. ``kind`` is what it is to a program.

    Kinds: goods, promotion, coupon, points, delivery, subtotal, tax, total, included_tax,
    gift_card, paid, refunded, due.
    """

    kind: str
    label: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The sums of a cart or an order; ``gift_cards`` are labels with what each pays."""

    goods_total: Decimal
    adjustments: Iterable[Mapping[str, Any]] = ()
    delivered: bool = False
    delivery_fee: Decimal = _ZERO
    subtotal: Decimal
    taxes: Sequence[LevyShare]
    prices_include_tax: bool
    total: Decimal
    # What it costs less since it was sold, because money went back for it.
    credited: Decimal = _ZERO
    gift_cards: Iterable[tuple[str, Decimal]] = ()
    paid: Decimal = _ZERO
    refunded: Decimal = _ZERO
    due: Decimal
    # Nothing more is paid for it, so nothing is said to be due.
    is_over: bool = False

    def rows(self) -> list[SumRow]:
        """Return the rows in the order in which the price is put together."""
        before = self._reductions()
        rows = [SumRow("goods", "Goods", self.goods_total), *before] if before else []
        tax = [(share.label, share.amount) for share in self.taxes]
        if not self.prices_include_tax:
            rows.append(SumRow("subtotal", "Subtotal", self.subtotal))
            rows += [SumRow("tax", label, amount) for label, amount in tax or [("Tax", _ZERO)]]
        rows.append(SumRow("total", "Total", self.total))
        if self.prices_include_tax:
            rows += [SumRow("included_tax", f"of which {name}", amount) for name, amount in tax]
        if self.credited:
            rows.append(SumRow("credited", "Taken off afterwards", -self.credited))
        return [*rows, *self._payments()]

    def _reductions(self) -> list[SumRow]:
        rows = [
            SumRow(str(row["kind"]), _adjustment_label(row), -Decimal(row["amount"]))
            for row in self.adjustments
        ]
        if self.delivered or self.delivery_fee:
            rows.append(SumRow("delivery", "Delivery", self.delivery_fee))
        return rows

    def _payments(self) -> list[SumRow]:
        rows = [SumRow("gift_card", label, -amount) for label, amount in self.gift_cards if amount]
        if self.paid:
            rows.append(SumRow("paid", "Paid", -self.paid))
        if self.refunded:
            rows.append(SumRow("refunded", "Given back", self.refunded))
        if self.is_over:
            return rows
        if rows and self.due >= 0:
            rows.append(SumRow("due", "To pay", self.due))
        elif rows:
            rows.append(SumRow("due", "Owed to you", self.due))
        return rows


def _adjustment_label(row: Mapping[str, Any]) -> str:
    label, code = str(row["label"]), str(row.get("code") or "")
    return f"{label} ({code})" if code and code.casefold() not in label.casefold() else label
