"""What a change of an order comes to: its lines, its price, and everything it takes or gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock_reads
from apps.inventory import services as stock
from apps.inventory.selectors import SlotRow
from apps.loyalty import selectors as loyalty
from apps.loyalty.selectors import Buyer
from apps.orders.models import Order, OrderLine
from apps.orders.rules.editing import (
    EditWish,
    LineChanges,
    PlannedLine,
    compare,
    plan_lines,
    require_agreed_kept,
)
from apps.orders.rules.order_data import Address
from apps.orders.selectors.delivery import DeliveryQuote, quote_delivery
from apps.orders.selectors.sales import Good, SaleQuote, Wishes, quote_sale
from apps.orders.services.freezing import freeze_lines, reprice
from apps.orders.services.making import MAX_TOTAL, below_minimum
from apps.orders.states import DEPOSITED, Channel, Fulfilment, OrderStatus
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid

CUSTOMER = "customer"
_BY_CUSTOMER = (OrderStatus.PENDING_PAYMENT, *DEPOSITED, OrderStatus.PAID)
_BY_STAFF = (*_BY_CUSTOMER, OrderStatus.IN_PRODUCTION)
_TOO_LATE = "The kitchen has begun, or must very soon. Please call us."
_TIMING = frozenset({"lead_time", "working_days", "cutoff", "closed", "slot_past"})


@dataclass(frozen=True)
class EditPlan:
    """What a change will write.

    ``lines`` are all lines of the order then, those of ``added`` not saved yet; ``slot`` is None
    when the pickup time stays.
    """

    lines: list[OrderLine]
    added: list[OrderLine]
    removed: list[OrderLine]
    quote: SaleQuote
    buyer: Buyer
    slot: SlotRow | None
    hold: stock.HoldChange
    made_to_order: Mapping[int, bool]


def require_editable(*, order: Order, actor: str, reason: str, at: datetime) -> None:
    """Refuse a change that the order's state or age does not allow to ``actor``.

    Raises `Conflict` ``not_editable`` or ``order_expired``, `Invalid` ``reason_missing``.
    """
    by_customer = actor == CUSTOMER
    if order.status not in (_BY_CUSTOMER if by_customer else _BY_STAFF):
        what = order.get_status_display()
        raise Conflict("not_editable", f"This order is {what}: it cannot be changed any more.")
    if order.credited_total > 0:
        # Its lines are what was refunded: other lines would make that untrue.
        raise Conflict("not_editable", "Money went back for this order, so it stays as it is.")
    if order.status == OrderStatus.PENDING_PAYMENT and order.hold_expires_at <= at:
        raise Conflict("order_expired", "The time to pay is over. Please order again.")
    if by_customer and order.fires_at is not None and at >= order.fires_at:
        raise Conflict("not_editable", _TOO_LATE)
    if order.status == OrderStatus.IN_PRODUCTION and not reason.strip():
        raise Invalid("reason_missing", "The order is in production: say why it is changed.")


def plan_edit(order: Order, wish: EditWish, *, actor: str, at: datetime) -> EditPlan:
    """Return what ``wish`` makes of a locked order that may be changed; nothing is written.

    Raises `Invalid` for the lines (see `plan_lines`), ``nothing_changed``, for the pickup time
    (see `require_pickup`), ``delivery_day``, ``below_minimum`` and ``total_too_large``;
    `Conflict` ``not_editable`` when it is too late to change what changes.
    """
    sold = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    ids = {line.variant_id for line in sold}
    ids |= {line.variant_id for line in wish.lines or () if line.variant_id is not None}
    require_agreed_kept(sold, wish.lines)
    on_sale = catalog.sellable_variants(ids)
    planned = plan_lines(sold, wish.lines, on_sale)
    changes = compare(sold, planned)
    if changes.is_nothing and wish.slot_id in {None, order.slot_id}:
        raise Invalid("nothing_changed", "Nothing would be different.")
    slot = _other_slot(order, wish)
    _require_paid_before(order, slot)
    agreed = [line.variant_id for line in sold if line.is_private]
    timed = {**on_sale, **catalog.private_sizes(agreed)} if agreed else on_sale
    _require_time(order, changes, slot, timed, actor=actor, at=at)
    buyer = Buyer(order.user_id, order.customer_email)
    quote = _quote(order, sold, planned, on_sale, buyer, at=at)
    lines, added = _lines(order, sold, planned, on_sale, quote)
    kept = {line.position for line in planned if line.position is not None}
    return EditPlan(
        lines=lines,
        added=added,
        removed=[line for line in sold if line.position not in kept],
        quote=quote,
        buyer=buyer,
        slot=slot,
        hold=_hold_change(order, changes, slot, at=at),
        made_to_order={
            **{line.variant_id: line.made_to_order for line in sold},
            **catalog.made_to_order(changes.before.keys() | changes.after.keys()),
        },
    )


def _other_slot(order: Order, wish: EditWish) -> SlotRow | None:
    if wish.slot_id in {None, order.slot_id}:
        return None
    slot = stock_reads.slot(wish.slot_id or 0)
    if slot is None:
        raise Invalid("slot_unknown", "There is no such pickup time.")
    if order.fulfilment == Fulfilment.DELIVERY and order.delivery_address:
        quote_delivery(Address(**order.delivery_address), on=clock.shop_date(slot.starts_at))
    return slot


def _require_paid_before(order: Order, slot: SlotRow | None) -> None:
    """Refuse to move an offer that is not paid to before its end: it could be paid too late."""
    waits = order.channel == Channel.CUSTOM and order.status == OrderStatus.PENDING_PAYMENT
    if waits and slot is not None and slot.starts_at < order.hold_expires_at:
        raise Invalid(
            "quote_after_pickup", "The time to pay ends after that pickup. Pay first, then move it."
        )


def _require_time(
    order: Order,
    changes: LineChanges,
    slot: SlotRow | None,
    on_sale: Mapping[int, SellableVariant],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Refuse what cannot be made by then any more, or what a customer asks for too late.

    What is added, and everything when the pickup moves forward, is judged as if it were ordered
    now; what stays for a later pickup as ordered when it was.
    """
    everything = {pk: on_sale[pk] for pk in changes.after if pk in on_sale}
    if actor == CUSTOMER:
        touched = {*changes.touched, *(changes.before if slot else ())}
        _require_not_begun(order, {pk: on_sale[pk] for pk in touched if pk in on_sale}, at=at)
    earlier = slot is not None and slot.starts_at < order.pickup_starts_at
    now = everything if earlier else {pk: on_sale[pk] for pk in changes.grown}
    if now:
        stock_reads.require_pickup(slot.id if slot else order.slot_id, now, at=at)
    if slot is not None and not earlier and everything:
        stock_reads.require_pickup(slot.id, everything, at=order.placed_at)


def _require_not_begun(
    order: Order, touched: Mapping[int, SellableVariant], *, at: datetime
) -> None:
    if not touched:
        return
    try:
        stock_reads.require_pickup(order.slot_id, touched, at=at)
    except Invalid as refused:
        if refused.code in _TIMING:
            details = {"why": refused.code}
            raise Conflict("not_editable", _TOO_LATE, details=details) from refused


def _quote(
    order: Order,
    sold: Sequence[OrderLine],
    planned: Sequence[PlannedLine],
    on_sale: Mapping[int, SellableVariant],
    buyer: Buyer,
    *,
    at: datetime,
) -> SaleQuote:
    """Return the price of the whole order: its pieces as they were sold, tax by today's rules."""
    by_position = {line.position: line for line in sold}
    goods = [
        Good.of_variant(on_sale[line.variant_id], line.quantity)
        if line.position is None
        else Good.of_line(by_position[line.position], line.quantity)
        for line in planned
    ]
    adjustments: list[dict[str, Any]] = order.adjustments
    uses_bank = order.points_spent or order.gift_card_total
    held = loyalty.held_by(order.hold_reference) if uses_bank else loyalty.Held()
    wishes = Wishes(
        codes=[row["code"] for row in adjustments if row["code"]],
        keep=[row["promotion_id"] for row in adjustments if row["promotion_id"] is not None],
        points_held=held.points,
        cards_held=held.cards,
    )
    delivery = _delivery(order)
    quote = quote_sale(
        goods,
        at=at,
        wishes=wishes,
        buyer=buyer,
        fee_of=partial(_fee, order, delivery) if delivery or order.delivery_fee else None,
    )
    _require_minimum(order, quote, delivery)
    if quote.totals.total > max(MAX_TOTAL, order.total):
        raise Invalid("total_too_large", "For an order of this size, please talk to us.")
    return quote


def _delivery(order: Order) -> DeliveryQuote | None:
    """Return today's terms of delivery to the order's address; None when they are not asked.

    An address that no zone has any more is still delivered to as it was agreed.
    """
    if order.fulfilment != Fulfilment.DELIVERY or not order.delivery_address:
        return None
    try:
        return quote_delivery(Address(**order.delivery_address))
    except Invalid:
        return None


def _goods_due(order: Order) -> Decimal:
    """Return what the goods cost until now, after promotions and before points."""
    points = [row["amount"] for row in order.adjustments if row["kind"] == "points"]
    written = order.total if order.prices_include_tax else order.subtotal
    return written - order.delivery_fee + sum(map(Decimal, points), Decimal(0))


def _fee(order: Order, delivery: DeliveryQuote | None, goods: Decimal) -> Decimal:
    """Return the fee that was agreed, unless the goods crossed the border of free delivery."""
    if delivery is None:
        return order.delivery_fee
    fee = delivery.fee_for(goods)
    return order.delivery_fee if fee == delivery.fee_for(_goods_due(order)) else fee


def _require_minimum(order: Order, quote: SaleQuote, delivery: DeliveryQuote | None) -> None:
    """Refuse to take an order below what is delivered, or further below it."""
    if delivery is None or quote.goods_due >= _goods_due(order):
        return
    if missing := delivery.missing_for(quote.goods_due):
        raise below_minimum(delivery.minimum, missing)


def _lines(
    order: Order,
    sold: Sequence[OrderLine],
    planned: Sequence[PlannedLine],
    on_sale: Mapping[int, SellableVariant],
    quote: SaleQuote,
) -> tuple[list[OrderLine], list[OrderLine]]:
    """Return all lines at their prices, and those among them that are new."""
    by_position = {line.position: line for line in sold}
    priced = quote.totals.lines
    kept = [line for line in planned if line.position is not None]
    for plan, price in zip(kept, priced, strict=False):
        reprice(by_position[plan.position or 0], plan, price)
    added = freeze_lines(
        order,
        planned[len(kept) :],
        on_sale,
        priced[len(kept) :],
        first=max(by_position, default=0) + 1,
    )
    return [*(by_position[plan.position or 0] for plan in kept), *added], added


def _hold_change(
    order: Order, changes: LineChanges, slot: SlotRow | None, *, at: datetime
) -> stock.HoldChange:
    grown, shrunk = changes.grown, changes.shrunk
    sizes = stock_reads.sizes_of(grown.keys() | shrunk.keys(), since=clock.shop_date(at))
    return stock.HoldChange(
        before=changes.before,
        quantities=changes.after,
        more=stock.work_of(grown, sizes),
        less=stock.work_of({pk: n for pk, n in shrunk.items() if pk in sizes}, sizes),
        slot_id=slot.id if slot else order.slot_id,
        made=order.status == OrderStatus.IN_PRODUCTION,
    )


def require_agreed_total(plan: EditPlan, expected: Any) -> None:
    """Refuse, as ``price_changed``, a total that is not the one which was agreed to."""
    total = plan.quote.totals.total
    if expected is not None and expected != total:
        raise Conflict(
            "price_changed",
            f"The price changed: the total would be {total} {settings.SHOP_CURRENCY}.",
            details={"total": str(total), "currency": settings.SHOP_CURRENCY},
        )


def require_seen(order: Order, wish: EditWish) -> None:
    """Refuse, as ``stale_order``, a change of an order that changed since it was looked at."""
    if wish.revision != order.revision:
        raise Conflict(
            "stale_order",
            "The order was changed in the meantime. Look at it again.",
            details={"revision": order.revision},
        )
