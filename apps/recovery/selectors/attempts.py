"""Attempts as staff see them: without saying who it was."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.notifications.states import MessageState
from apps.recovery.models import RecoveryAttempt
from apps.recovery.states import Arm

HELD_OUT, PLANNED, WITHHELD, FAILED, SENT = "held_out", "planned", "withheld", "failed", "sent"
_STATE = {
    MessageState.WITHHELD: WITHHELD,
    MessageState.FAILED: FAILED,
    MessageState.UNDELIVERED: FAILED,
    MessageState.SENT: SENT,
    MessageState.DELIVERED: "delivered",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRow:
    """One attempt. ``state``: held_out, planned, withheld, failed, sent or delivered; ``reason``
    is the code of why it was not sent.
    """

    id: int
    cart_id: UUID
    step: int
    channel: str
    state: str
    reason: str
    planned_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    restored_at: datetime | None
    recovered_at: datetime | None
    order: str
    revenue: Decimal | None
    currency: str
    coupon: bool


def listed_attempts(
    *,
    step: int | None = None,
    state: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[RecoveryAttempt]:
    """Return attempts with their messages and orders, the newest first."""
    rows = RecoveryAttempt.objects.select_related("message", "order").order_by("-pk")
    if step is not None:
        rows = rows.filter(step=step)
    if since is not None:
        rows = rows.filter(planned_at__gte=since)
    if until is not None:
        rows = rows.filter(planned_at__lt=until)
    if state == HELD_OUT:
        return rows.filter(arm=Arm.HELD_OUT)
    if state == "recovered":
        return rows.filter(recovered_at__isnull=False)
    if state == PLANNED:
        return rows.filter(message__state__in=set(MessageState.values) - set(_STATE))
    if state:
        return rows.filter(
            message__state__in=[key for key, word in _STATE.items() if word == state]
        )
    return rows


def represent(row: RecoveryAttempt) -> AttemptRow:
    """Return an attempt, read with its message and order, as staff see it."""
    message = row.message
    state = HELD_OUT if message is None else _STATE.get(MessageState(message.state), PLANNED)
    return AttemptRow(
        id=row.pk,
        cart_id=row.cart_id,
        step=row.step,
        channel=row.channel,
        state=state,
        reason=message.error_code if message is not None and state in {WITHHELD, FAILED} else "",
        planned_at=row.planned_at,
        sent_at=message.sent_at if message is not None else None,
        opened_at=message.opened_at if message is not None else None,
        clicked_at=row.clicked_at,
        restored_at=row.restored_at,
        recovered_at=row.recovered_at,
        order=row.order.number if row.order is not None else "",
        revenue=row.revenue,
        currency=row.currency,
        coupon=row.coupon_id is not None,
    )


def attempt_rows(rows: Iterable[RecoveryAttempt]) -> Iterator[dict[str, Any]]:
    """Yield attempts as plain data."""
    for row in rows:
        found = represent(row)
        yield {name: getattr(found, name) for name in AttemptRow.__slots__}
