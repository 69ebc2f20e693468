"""What postings are made from: the rows of other rooms, as far as the books need them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One row that something happened by: ``id`` is its key, ``number`` the order's, if any."""

    id: int
    at: datetime
    currency: str
    order_id: int | None = None
    number: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TenderFact(Fact):
    """Money that an order took; ``kind`` is online, cash or terminal."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentFact(Fact):
    """Money that Stripe captured; ``was_taken`` when the order took it as a tender."""

    amount: Decimal
    fee: Decimal | None
    was_taken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundFact(Fact):
    """Money that went back by ``way``; ``was_taken`` when an order had taken it before.

    ``way`` is stripe, cash, terminal or gift_card.
    """

    amount: Decimal
    way: str
    was_taken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeMoveFact(Fact):
    """Money that a dispute took (below zero) or gave back; ``lost_at`` when it ended so."""

    amount: Decimal
    fee: Decimal
    was_taken: bool
    lost_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptFact(Fact):
    """Money of an ended order or of no order that was to go back, and is kept instead.

    All of ``amount`` when that was rejected; ``lowered_by`` when less was approved than asked for.
    Each has its levies and their amounts in it.
    """

    amount: Decimal
    lowered_by: Decimal
    was_taken: bool
    taxes: tuple[tuple[str, Decimal], ...] = ()
    lowered_taxes: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFact(Fact):
    """A receipt or credit note: ``name`` is its own number, ``taxes`` are levies and amounts.

    ``delivery`` is the part of its ``subtotal`` (both without tax) that is for bringing the goods.
    """

    name: str
    is_credit: bool
    subtotal: Decimal
    delivery: Decimal
    tax_total: Decimal
    taxes: tuple[tuple[str, Decimal], ...]
    total: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class CardMoveFact(Fact):
    """A change of the money on a gift card, or on an account's store credit."""

    delta: Decimal
    is_issue: bool
    is_store_credit: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsMoveFact(Fact):
    """A change of points: ``points`` is what the shop owes more by it, ``value`` one's worth."""

    points: int
    value: Decimal
    is_expiry: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsValueFact(Fact):
    """Points are worth something else from now on; ``outstanding`` is how many there were."""

    before: Decimal
    value: Decimal
    outstanding: int
