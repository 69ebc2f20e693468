"""An order as its documents see it, and what they say of it so far."""

from decimal import Decimal
from typing import Any

from apps.orders.models import Order, OrderLine, SaleCredit, Tender
from apps.orders.selectors import language_of
from apps.orders.states import NOT_PAYABLE, Fulfilment
from apps.receipts.models import Document
from apps.receipts.rules.sale import (
    Credit,
    Line,
    Payment,
    Person,
    Sale,
    Sums,
    Told,
    line_from_json,
    read_levies,
)
from apps.receipts.states import DocumentKind
from bakery.kernel import clock
from bakery.kernel.locks import lock_one

# What staff's orders of nobody in particular are called; no name of a buyer.
_NO_NAME = frozenset({"", "walk-in"})


def lock_sale(order_id: int) -> Sale:
    """Lock an order's row and return its sale; raises `NotFound` ``order_not_found``."""
    order = lock_one(Order.objects.filter(pk=order_id), what="order")
    lines = OrderLine.objects.filter(order_id=order.pk).order_by("position")
    return Sale(
        order_id=order.pk,
        number=order.number,
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        is_sold=order.paid_at is not None,
        is_over=order.status in NOT_PAYABLE,
        is_erased=order.erased_at is not None,
        balance=order.balance,
        sold=Sums(order.total, _levies(order, lines)),
        gift_cards=order.gift_card_total,
        paid=order.paid_total,
        given_back=order.refunded_total,
        deposit=order.deposit_total,
        placed_on=clock.shop_date(order.placed_at),
        paid_on=clock.shop_date(order.paid_at) if order.paid_at else None,
        pickup_on=clock.shop_date(order.pickup_starts_at),
        is_delivered=order.fulfilment == Fulfilment.DELIVERY,
        language=language_of(order),
        buyer=_buyer(order),
        lines=tuple(_line(line) for line in lines) + _delivery(order),
        reductions=tuple(order.adjustments),
        credits=_credits(order),
        payments=_payments(order),
    )


def told_of(order_id: int) -> Told:
    """Return what the documents of an order say; its row must be locked."""
    sums, last = Sums(), None
    count = 0
    for last in Document.objects.filter(order_id=order_id).order_by("position"):
        said = Sums(last.total, read_levies(last.taxes))
        sums = sums.plus(said, times=-1 if last.kind == DocumentKind.CREDIT_NOTE else 1)
        count += 1
    if last is None:
        return Told()
    known: dict[str, Any] = last.content["told"]
    return Told(
        count=count,
        sums=sums,
        lines=tuple(line_from_json(row) for row in known["lines"]),
        credit_ids=frozenset(known["credits"]),
        payment_ids=frozenset(known["payments"]),
        gift_cards=Decimal(known["gift_cards"]),
    )


def last_receipt(order_id: int) -> Document | None:
    """Return the newest receipt of an order, which a credit note corrects."""
    mine = Document.objects.filter(order_id=order_id, kind=DocumentKind.RECEIPT)
    return mine.order_by("-position").first()


def _levies(order: Order, lines: Any) -> dict[tuple[str, Decimal], Decimal]:
    return read_levies(*(line.taxes for line in lines), order.delivery_taxes)


def _line(line: OrderLine) -> Line:
    return Line(
        position=line.position,
        text=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.line_total,
        discount=line.discount,
        levies=read_levies(line.taxes),
    )


def _delivery(order: Order) -> tuple[Line, ...]:
    if not order.delivery_fee:
        return ()
    fee = Line(
        position=0,
        text="",
        quantity=1,
        unit_price=order.delivery_fee,
        amount=order.delivery_fee,
        discount=Decimal("0.00"),
        levies=read_levies(order.delivery_taxes),
    )
    return (fee,)


def _credits(order: Order) -> tuple[Credit, ...]:
    rows = SaleCredit.objects.filter(order_id=order.pk).order_by("pk")
    return tuple(
        Credit(
            id=row.pk,
            sums=Sums(row.amount, read_levies(row.taxes)),
            reason=row.reason,
            pieces=tuple(row.lines),
        )
        for row in rows
    )


def _payments(order: Order) -> tuple[Payment, ...]:
    rows = Tender.objects.filter(order_id=order.pk).order_by("taken_at", "pk")
    return tuple(
        Payment(id=row.pk, way=row.kind, amount=row.amount, on=clock.shop_date(row.taken_at))
        for row in rows
    )


def _buyer(order: Order) -> Person:
    if order.erased_at is not None or order.customer_name.strip().lower() in _NO_NAME:
        name = ""
    else:
        name = order.customer_name
    address: dict[str, Any] = order.delivery_address or {}
    city = " ".join(str(address.get(part) or "") for part in ("city", "region", "postcode"))
    lines = [str(address.get("line1") or ""), str(address.get("line2") or ""), city.strip()]
    return Person(
        name=name,
        address=tuple(line for line in lines if line) if address.get("line1") else (),
    )
