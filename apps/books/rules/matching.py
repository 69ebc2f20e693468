"""Comparing Stripe's books with our records, movement by movement. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from apps.books.rules.differences import DifferenceKind, Finding

_K = DifferenceKind
_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "charge": "charge",
        "payment": "charge",
        "refund": "refund",
        "payment_refund": "refund",
        "refund_failure": "reversal",
        "payment_failure_refund": "reversal",
        "payment_reversal": "reversal",
    }
)
# Money that goes to the shop's bank, or comes from there: it is not part of these books.
_TO_THE_BANK = frozenset({"payout", "payout_cancel", "payout_failure", "topup", "topup_reversal"})
_DISPUTES = frozenset({"dispute", "dispute_reversal"})


@dataclass(frozen=True, slots=True)
class StripeRow:
    """A movement of Stripe's balance. Amounts in major units, ``amount`` signed.

    ``paid`` in ``paid_in`` is what it meant for the customer; `name` finds our record of it.
    """

    id: str
    kind: str
    category: str
    amount: Decimal
    fee: Decimal
    currency: str
    paid: Decimal
    paid_in: str
    source: str
    intent: str
    is_ours: bool
    moved_at: datetime

    @property
    def name(self) -> str:
        """Return what our record of it is called, "" for one that we keep none of."""
        if self.kind in _TO_THE_BANK:
            return ""
        if self.category in _DISPUTES:
            return f"dispute:{self.id}"
        group = _GROUPS.get(self.kind, "other")
        thing = self.intent if group == "charge" and self.intent else self.source
        return f"{group}:{thing or self.id}"


@dataclass(frozen=True, slots=True)
class OurRow:
    """Our record of money that moved at Stripe; ``amount`` is signed, ``fee`` null if unknown.

    ``name`` is as Stripe's row says it, ``label`` our own name, such as "payment:5"; ``source`` is
    the id of the charge, refund or dispute.
    """

    name: str
    label: str
    amount: Decimal
    fee: Decimal | None
    currency: str
    order_id: int
    recorded_at: datetime
    source: str


def compare(
    stripe: Iterable[StripeRow], ours: Iterable[OurRow], *, expected: frozenset[str]
) -> Iterator[Finding]:
    """Yield what differs; of our rows only those ``expected`` (by name) must be at Stripe."""
    records = {row.name: row for row in ours}
    met = set()
    for row in stripe:
        if not row.name:
            continue
        record = records.get(row.name)
        if record is None:
            yield _unknown(row)
            continue
        met.add(row.name)
        yield from _compare(row, record)
    for name, record in records.items():
        if name in expected and name not in met:
            yield Finding(
                _K.MISSING_AT_STRIPE,
                record.label,
                record.order_id,
                record.amount,
                record.currency,
                {"ours": _ours(record), "stripe": "nothing", "source": record.source},
                record.recorded_at,
            )


def _unknown(row: StripeRow) -> Finding:
    facts = {
        "stripe": _stripe(row),
        "ours": "nothing",
        "kind": row.kind,
        "whose": "made on this shop's payment pages" if row.is_ours else "bears no mark of ours",
    }
    if row.intent:
        facts["payment"] = row.intent
    if row.source:
        facts["source"] = row.source
    return Finding(_K.UNKNOWN_TO_US, row.id, None, row.amount, row.currency, facts, row.moved_at)


def _compare(row: StripeRow, record: OurRow) -> Iterator[Finding]:
    facts = {"stripe": _stripe(row), "ours": _ours(record)}

    def found(kind: DifferenceKind, amount: Decimal) -> Finding:
        return Finding(
            kind, record.label, record.order_id, amount, record.currency, facts, row.moved_at
        )

    if row.paid_in != record.currency:
        yield found(_K.CURRENCY_DIFFERS, record.amount)
        return
    is_converted = row.currency != record.currency
    amount = row.paid.copy_sign(row.amount) if is_converted else row.amount
    if amount != record.amount:
        yield found(_K.AMOUNT_DIFFERS, amount - record.amount)
    if not is_converted and row.fee != (record.fee or Decimal(0)):
        yield found(_K.FEE_DIFFERS, row.fee - (record.fee or Decimal(0)))


def _stripe(row: StripeRow) -> str:
    fee = f", fee {row.fee}" if row.fee else ""
    return f"{row.amount} {row.currency}{fee}, {row.moved_at:%Y-%m-%d %H:%M} UTC, {row.id}"


def _ours(row: OurRow) -> str:
    fee = f", fee {row.fee}" if row.fee else ""
    return f"{row.amount} {row.currency}{fee}, {row.recorded_at:%Y-%m-%d %H:%M} UTC, {row.label}"
