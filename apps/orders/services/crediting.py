"""Taking back a part of a sale after it was made, because money goes back for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.loyalty import selectors as loyalty
from apps.loyalty import services as bank
from apps.orders.events import SaleCredited
from apps.orders.models import Order, SaleCredit
from apps.orders.rules.crediting import as_json, share_credit, share_line, sum_levies
from apps.orders.selectors.crediting import credited_goods, sale_left
from apps.orders.states import NOT_PAYABLE, OrderStatus
from bakery.kernel import audit, outbox
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert

_ZERO = Decimal(0)


@dataclass(frozen=True)
class CreditLine:
    """Pieces of a line that are taken back; ``amount`` has its ``tax`` in it."""

    position: int
    quantity: int
    amount: Decimal
    tax: Decimal

    def as_json(self) -> dict[str, int | str]:
        """Return it as it is stored with its credit: money as text."""
        money = {"amount": str(self.amount), "tax": str(self.tax)}
        return {"position": self.position, "quantity": self.quantity, **money}


def credit_sale(
    *,
    order_id: int,
    reference: str,
    amount: Decimal,
    lines: Sequence[CreditLine] = (),
    reason: str,
    actor: str,
    at: datetime,
) -> SaleCredit | None:
    """Lower the sale of a paid order by ``amount`` (tax included), once per ``reference``.

    Without ``lines`` the tax is shared out over the levies of the sale in proportion to what is
    left of it, and the last credit takes the remainder to the cent. What goes back of an order
    that was not called off goes back of its money too (``refunded_total``): its end said so
    before. None for an order that was never paid in full, which has no sale, and when nothing of
    the sale is left. A step of the caller's transaction; locks the order.
    """
    order = lock_one(Order.objects.filter(pk=order_id), what="order")
    known = SaleCredit.objects.filter(reference=reference).first()
    if known is not None or order.paid_at is None:
        return known
    credit = _write(order, reference, amount, lines, reason=reason, actor=actor, at=at)
    if order.status != OrderStatus.CANCELLED:
        paid = order.paid_total + order.gift_card_total
        order.refunded_total = min(order.refunded_total + amount, paid)
    Order.objects.filter(pk=order.pk).update(
        credited_total=order.credited_total, refunded_total=order.refunded_total
    )
    _settle_with_bank(order, at=at)
    return credit


def credit_gift_cards(order: Order, *, actor: str, at: datetime) -> None:
    """Take back what gift cards pay of a locked order that is called off, before they get it.

    The bank gives it back by itself and nobody refunds it; so the sale is lowered here.
    """
    held = loyalty.held_on_cards(order.hold_reference)
    if order.paid_at is None or held <= 0:
        return
    reference = f"gift-cards:{order.public_id}"
    if SaleCredit.objects.filter(reference=reference).exists():
        return
    _write(order, reference, held, (), reason="order cancelled", actor=actor, at=at)
    Order.objects.filter(pk=order.pk).update(credited_total=order.credited_total)


def refund_to_cards(*, order_id: int, amount: Decimal, at: datetime) -> bool:
    """Give ``amount`` back to the gift cards that pay a sale; False when they have less in it.

    A step of the caller's transaction; locks the order.
    """
    order = lock_one(Order.objects.filter(pk=order_id), what="order")
    if loyalty.held_on_cards(order.hold_reference) < amount:
        return False
    bank.refund_cards(reference=order.hold_reference, amount=amount, reason="refunded", at=at)
    return True


def count_refund(*, order_id: int, amount: Decimal) -> Order:
    """Ask again for ``amount`` that went back of an order that waits for the rest of its money.

    It has no sale yet that could be lowered; of one that ended, its end said what goes back. A
    step of the caller's transaction; locks the order. Raises `NotFound` ``order_not_found``.
    """
    order = lock_one(Order.objects.filter(pk=order_id), what="order")
    if order.paid_at is None and order.status not in NOT_PAYABLE:
        order.refunded_total = min(order.refunded_total + amount, order.paid_total)
        Order.objects.filter(pk=order.pk).update(refunded_total=order.refunded_total)
    return order


def keep_money(*, order_id: int, amount: Decimal, actor: str, reason: str, at: datetime) -> Order:
    """The shop keeps ``amount`` that was to go back of an order: somebody rejected its refund.

    A step of the caller's transaction; locks the order. Raises `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        before = order.refunded_total
        order.refunded_total = max(before - amount, _ZERO)
        Order.objects.filter(pk=order.pk).update(refunded_total=order.refunded_total)
        audit.record(
            actor=actor,
            action="order.keep_money",
            object_type="orders.order",
            object_id=order.pk,
            changes={"refunded_total": [str(before), str(order.refunded_total)]},
            reason=reason,
            at=at,
        )
    return order


def _write(
    order: Order,
    reference: str,
    amount: Decimal,
    lines: Sequence[CreditLine],
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> SaleCredit | None:
    """Write the credit of a locked order and tell of it; None when nothing of the sale is left."""
    left = sale_left(order)
    amount = min(amount, left.total)
    if amount <= 0:
        return None
    wanted = _levies_of(order, lines) if lines else None
    levies = share_credit(left, amount, wanted)
    credit = SaleCredit(
        order=order,
        reference=reference,
        amount=amount,
        tax=sum(levies.values(), _ZERO),
        currency=order.currency,
        taxes=as_json(levies),
        lines=[line.as_json() for line in lines],
        reason=reason[:200],
        credited_by=actor,
        credited_at=at,
    )
    insert([credit])
    order.credited_total += amount
    told = SaleCredited(order_id=order.pk, number=order.number, credit_id=credit.pk)
    outbox.emit(told, key=str(credit.pk), at=at)
    return credit


def _levies_of(order: Order, lines: Sequence[CreditLine]) -> dict[tuple[str, str], Decimal]:
    sold = dict(order.lines.order_by().values_list("position", "taxes"))
    shares = [
        row
        for line in lines
        for row in as_json(share_line(sold.get(line.position, []), line.tax, order.currency))
    ]
    return sum_levies(shares)


def _settle_with_bank(order: Order, *, at: datetime) -> None:
    """Take back points that goods earned; give everything back once the whole sale is undone."""
    bank.take_back(reference=order.hold_reference, amount=credited_goods(order), at=at)
    whole = order.credited_total >= order.total
    if whole and order.status != OrderStatus.CANCELLED:
        bank.give_back(reference=order.hold_reference, reason="refunded whole", at=at)
