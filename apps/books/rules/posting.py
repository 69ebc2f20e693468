"""What each thing that happens means in double entry. Pure: facts in, balanced entries out.

Debit is above zero, credit below. Money that comes before its sale is owed to the customer
(prepayments); a receipt turns it into sales and tax; a credit note turns it back, and the refund
takes it out. So the prepayments of an order are what was paid for it and is not sold yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from apps.books.rules import chart
from apps.books.rules.chart import AccountSpec
from apps.books.rules.facts import (
    CardMoveFact,
    DisputeMoveFact,
    DocumentFact,
    Fact,
    KeptFact,
    PaymentFact,
    PointsMoveFact,
    PointsValueFact,
    RefundFact,
    TenderFact,
)
from bakery.kernel.money import round_money

_ZERO = Decimal(0)
Leg = tuple[AccountSpec, Decimal]
# Where money of each kind of tender lies, and where money of each way back comes from.
_TENDERS: Mapping[str, tuple[AccountSpec, str]] = MappingProxyType(
    {
        "online": (chart.STRIPE, "paid online"),
        "cash": (chart.CASH, "paid in cash"),
        "terminal": (chart.TERMINAL, "paid at the terminal"),
    }
)
_WAYS: Mapping[str, tuple[AccountSpec, str]] = MappingProxyType(
    {
        "stripe": (chart.STRIPE, "refunded to the card"),
        "cash": (chart.CASH, "given back in cash"),
        "terminal": (chart.TERMINAL, "given back at the terminal"),
    }
)


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal to be: its legs sum to zero, none of them is zero, each account is there once."""

    source: str
    at: datetime
    text: str
    currency: str
    order_id: int | None
    legs: tuple[Leg, ...]


def post_tender(fact: TenderFact) -> Posting | None:
    """Money came for an order: it is owed until the order is sold."""
    account, words = _TENDERS[fact.kind]
    return _posting(
        "tender", fact, words, (account, fact.amount), (chart.PREPAYMENTS, -fact.amount)
    )


def post_payment(fact: PaymentFact) -> Posting | None:
    """Money came that its order did not take; what it took is a tender."""
    if fact.was_taken:
        return None
    return _posting(
        "payment",
        fact,
        "paid, and not taken",
        (chart.STRIPE, fact.amount),
        (chart.UNASSIGNED, -fact.amount),
    )


def post_fee(fact: PaymentFact) -> Posting | None:
    """Stripe kept its fee of a payment; unknown while it settles in another currency."""
    fee = fact.fee or _ZERO
    return _posting(
        "payment-fee", fact, "Stripe's fee", (chart.STRIPE_FEES, fee), (chart.STRIPE, -fee)
    )


def post_refund(fact: RefundFact) -> Posting | None:
    """Money went back. A gift card's did so by a move of the card, which is booked as such."""
    if fact.way not in _WAYS:
        return None
    account, words = _WAYS[fact.way]
    return _posting(
        "refund", fact, words, (_owed(fact.was_taken), fact.amount), (account, -fact.amount)
    )


def post_reversal(fact: RefundFact) -> Posting | None:
    """Money that went back did not arrive: the shop has it, and owes it, again."""
    if fact.way not in _WAYS:
        return None
    account, _ = _WAYS[fact.way]
    return _posting(
        "refund-reversal",
        fact,
        "a refund came back",
        (account, fact.amount),
        (_owed(fact.was_taken), -fact.amount),
    )


def post_dispute_move(fact: DisputeMoveFact) -> Posting | None:
    """A bank took money that is disputed, or returned it; Stripe's fee beside it."""
    return _posting(
        "dispute-move",
        fact,
        "disputed" if fact.amount < 0 else "won back",
        (chart.STRIPE, fact.amount - fact.fee),
        (chart.DISPUTED, -fact.amount),
        (chart.DISPUTE_FEES, fact.fee),
    )


def post_dispute_loss(fact: DisputeMoveFact) -> Posting | None:
    """The dispute was lost, so this money will not come back.

    What no order had taken stays owed until a person rejects its refund, which is booked as kept:
    whichever comes first, the two are settled once.
    """
    if fact.lost_at is None:
        return None
    return _posting(
        "dispute-loss",
        fact,
        "lost to a dispute",
        (chart.DISPUTE_LOSSES, -fact.amount),
        (chart.DISPUTED, fact.amount),
        at=max(fact.at, fact.lost_at),
    )


def post_kept(fact: KeptFact) -> Posting | None:
    """The shop keeps money for which nothing was sold."""
    return _posting(
        "kept",
        fact,
        "kept",
        *_kept(fact, fact.amount, fact.taxes),
    )


def post_kept_part(fact: KeptFact) -> Posting | None:
    """The shop keeps a part of money for which nothing was sold, and gives the rest back."""
    return _posting(
        "kept-part",
        fact,
        "kept in part",
        *_kept(fact, fact.lowered_by, fact.lowered_taxes),
    )


def post_document(fact: DocumentFact) -> Posting | None:
    """A receipt makes prepayments a sale and its taxes; a credit note does the opposite."""
    sign = -1 if fact.is_credit else 1
    taxes = [(chart.tax_account(levy), -sign * amount) for levy, amount in fact.taxes]
    rest = fact.tax_total - sum((amount for _, amount in fact.taxes), _ZERO)
    return _posting(
        "document",
        fact,
        f"credit note {fact.name}" if fact.is_credit else f"receipt {fact.name}",
        (chart.PREPAYMENTS, sign * fact.total),
        (chart.SALES, -sign * (fact.subtotal - fact.delivery)),
        (chart.DELIVERY, -sign * fact.delivery),
        *taxes,
        (chart.tax_account(""), -sign * rest),
    )


def post_card_move(fact: CardMoveFact) -> Posting | None:
    """A card was issued, or pays for an order, or gets back what it paid.

    A card is issued before it is known how it was paid; store credit is a gift of the shop.
    """
    card = chart.STORE_CREDIT if fact.is_store_credit else chart.GIFT_CARDS
    other, words = chart.PREPAYMENTS, "gift card used" if fact.delta < 0 else "gift card returned"
    if fact.is_issue and fact.is_store_credit:
        other, words = chart.CREDIT_GRANTED, "store credit granted"
    elif fact.is_issue:
        other, words = chart.GIFT_CARDS_TO_MATCH, "gift card issued"
    return _posting("gift-card-move", fact, words, (other, fact.delta), (card, -fact.delta))


def post_points_move(fact: PointsMoveFact) -> Posting | None:
    """Points are a promise: given, they cost; used, the price that they lowered is the cost."""
    worth = round_money(fact.points * fact.value, fact.currency)
    other = chart.POINTS_LAPSED if fact.is_expiry else chart.POINTS_GIVEN
    words = "points expired" if fact.is_expiry else "points"
    return _posting("points-move", fact, words, (other, worth), (chart.POINTS, -worth))


def post_points_value(fact: PointsValueFact) -> Posting | None:
    """All points that are out are worth something else now."""
    worth = round_money(fact.outstanding * (fact.value - fact.before), fact.currency)
    words = f"a point is worth {fact.value.normalize():f}, not {fact.before.normalize():f}"
    return _posting(
        "points-value", fact, words, (chart.POINTS_GIVEN, worth), (chart.POINTS, -worth)
    )


def _kept(
    fact: KeptFact, amount: Decimal, taxes: tuple[tuple[str, Decimal], ...]
) -> tuple[Leg, ...]:
    """What is kept of a deposit has its taxes in it, which are owed on."""
    tax = sum((share for _, share in taxes), _ZERO)
    return (
        (_owed(fact.was_taken), amount),
        (chart.MONEY_KEPT, tax - amount),
        *((chart.tax_account(levy), -share) for levy, share in taxes),
    )


def _owed(was_taken: bool) -> AccountSpec:  # noqa: FBT001 - one plain question
    return chart.PREPAYMENTS if was_taken else chart.UNASSIGNED


def _posting(
    kind: str, fact: Fact, words: str, *legs: Leg, at: datetime | None = None
) -> Posting | None:
    """Put the legs together, one for each account; None when nothing is moved.

    Raises `ValueError` for legs that do not balance: a fault of ours, never booked.
    """
    sums: dict[AccountSpec, Decimal] = {}
    for account, amount in legs:
        sums[account] = sums.get(account, _ZERO) + amount
    moved = tuple((account, amount) for account, amount in sums.items() if amount)
    if sum((amount for _, amount in moved), _ZERO):
        raise ValueError(f"{kind}:{fact.id} does not balance")
    if not moved:
        return None
    text = f"Order {fact.number}: {words}" if fact.number else words[:1].upper() + words[1:]
    return Posting(
        f"{kind}:{fact.id}", at or fact.at, text[:200], fact.currency, fact.order_id, moved
    )
