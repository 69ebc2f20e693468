"""Facts about orders that higher rooms, and our own handlers, act on."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """An order was placed and waits for its payment."""

    kind: ClassVar[str] = "orders.placed"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """The right amount arrived and everything in the order is the customer's."""

    kind: ClassVar[str] = "orders.paid"
    order_id: int
    number: str
    has_cake: bool


@dataclass(frozen=True, kw_only=True)
class DepositPaid(Event):
    """The deposit arrived: the order is certain, and the rest is paid later."""

    kind: ClassVar[str] = "orders.deposit_paid"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class BalanceOverdue(Event):
    """The day came by which the rest of an order had to be paid, and it is not."""

    kind: ClassVar[str] = "orders.balance_overdue"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderExpired(Event):
    """No payment came in time; what was held is free again."""

    kind: ClassVar[str] = "orders.expired"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """The order was called off; ``was_paid`` when money was taken for it."""

    kind: ClassVar[str] = "orders.cancelled"
    order_id: int
    number: str
    was_paid: bool = False


@dataclass(frozen=True, kw_only=True)
class OrderReady(Event):
    """The order waits on the counter."""

    kind: ClassVar[str] = "orders.ready"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderOut(Event):
    """The order left the shop and is on its way to the customer."""

    kind: ClassVar[str] = "orders.out_for_delivery"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class BoardChanged(Event):
    """The kitchen's board has events up to ``seq``; a hint, the rows are the truth."""

    kind: ClassVar[str] = "orders.board_changed"
    seq: int


@dataclass(frozen=True, kw_only=True)
class OrderCollected(Event):
    """The customer has it."""

    kind: ClassVar[str] = "orders.collected"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderNotCollected(Event):
    """Nobody came for it."""

    kind: ClassVar[str] = "orders.not_collected"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderEdited(Event):
    """What was ordered changed; ``revision`` counts the changes of the order."""

    kind: ClassVar[str] = "orders.edited"
    order_id: int
    number: str
    revision: int


@dataclass(frozen=True, kw_only=True)
class RefundOwed(Event):
    """The customer paid ``amount`` (of ``currency``, as text) too much after an edit."""

    kind: ClassVar[str] = "orders.refund_owed"
    order_id: int
    number: str
    revision: int
    amount: str
    currency: str


@dataclass(frozen=True, kw_only=True)
class PartPaid(Event):
    """A part was paid, so that less is left to be paid; or what an edit had made dearer was."""

    kind: ClassVar[str] = "orders.part_paid"
    order_id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class WaitJoined(Event):
    """Somebody waits for a place on a full day."""

    kind: ClassVar[str] = "orders.wait_joined"
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class PlaceOffered(Event):
    """A place on a full day is held for somebody who waited for it, for a while."""

    kind: ClassVar[str] = "orders.place_offered"
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class WaitEnded(Event):
    """Somebody waited in vain, or let an offer lapse (``had_offer``)."""

    kind: ClassVar[str] = "orders.wait_ended"
    entry_id: int
    had_offer: bool


@dataclass(frozen=True, kw_only=True)
class MailboxClaimed(Event):
    """An account says that guest orders of a mailbox are its own; that has to be proved."""

    kind: ClassVar[str] = "orders.mailbox_claimed"
    claim_id: int


@dataclass(frozen=True, kw_only=True)
class OrderErased(Event):
    """The customer's data were taken out of an order: whoever copied some erases them too."""

    kind: ClassVar[str] = "orders.erased"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class SaleCredited(Event):
    """A sale costs less than it did: one row of its credits."""

    kind: ClassVar[str] = "orders.sale_credited"
    order_id: int
    number: str
    credit_id: int


@dataclass(frozen=True, kw_only=True)
class LabourMeasured(Event):
    """All work on an order's line is done: ``minutes`` of people, as the board measured it."""

    kind: ClassVar[str] = "orders.labour_measured"
    order_id: int
    number: str
    line_id: int
    minutes: int
