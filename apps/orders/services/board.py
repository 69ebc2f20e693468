"""Telling the kitchen's board; part of the transaction that changes the order."""

from datetime import datetime

from apps.orders import selectors
from apps.orders.events import BoardChanged
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.tickets import what_changed
from apps.orders.states import BoardKind
from bakery.kernel import outbox
from bakery.kernel.locks import advisory_lock


def append_board_event(order: Order, kind: BoardKind, *, at: datetime) -> int:
    """Append what the board shall show of ``order`` now and return its sequence number.

    A change of what was ordered also says what is different from the event before it. The caller
    holds the order's row, so that nobody else tells of this order meanwhile.

    The lock is held until the transaction commits, so numbers become visible in their order: a
    reader who has seen number n will never find a smaller one appear later. Call it last.
    """
    ticket = selectors.ticket_of(order)
    if kind == BoardKind.CHANGED:
        earlier = BoardEvent.objects.filter(order=order).order_by("-seq").first()
        changed = what_changed(earlier.payload, ticket) if earlier else []
        ticket["changed"] = changed
        ticket["changes"] = [*ticket["changes"], {"at": at.isoformat(), "what": changed}]
    advisory_lock("board-events")
    event = BoardEvent.objects.create(order=order, kind=kind, payload=ticket, at=at)
    outbox.emit(BoardChanged(seq=event.seq), key=str(event.seq), at=at)
    return event.seq
