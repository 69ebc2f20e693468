"""What became of reminders, step by step, and beside those who got none.

A cart belongs to the group of its person however far its reminder came: also who bought before
the mail went out counts as reminded (by intention to treat), since of those held out nobody can
say whether they would have been reached.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from apps.notifications.states import MessageState
from apps.recovery.models import RecoveryAttempt
from apps.recovery.rules.intervals import Difference, Share, difference, share
from apps.recovery.selectors.rules import current_policy
from apps.recovery.states import Arm
from bakery.kernel import clock

_SENT = Q(message__sent_at__isnull=False)
_COUNTS = {
    "planned": Q(arm=Arm.REMINDED),
    "withheld": Q(message__state=MessageState.WITHHELD),
    "sent": _SENT,
    "delivered": Q(message__state=MessageState.DELIVERED),
    "opened": _SENT & Q(message__opened_at__isnull=False),
    "clicked": _SENT & Q(clicked_at__isnull=False),
    "restored": _SENT & Q(restored_at__isnull=False),
    "recovered": _SENT & Q(recovered_at__isnull=False),
    "held_out": Q(arm=Arm.HELD_OUT),
}


@dataclass(frozen=True, slots=True)
class StepFigures:
    """Attempts of one step: how many came how far, and what was ordered after those sent."""

    step: int
    planned: int
    withheld: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    restored: int
    recovered: int
    held_out: int
    revenue: Decimal

    @property
    def stages(self) -> list[tuple[str, int]]:
        """The way of a reminder, each stage within the one before but for what is not measured."""
        names = ("planned", "sent", "delivered", "opened", "clicked", "restored", "recovered")
        return [(name, getattr(self, name)) for name in names]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Reminders planned within a window.

    ``reminded`` and ``held_out`` are the shares of carts whose person ordered; ``effect`` is their
    difference, None before each group has ``fewest`` carts. ``reasons`` are the codes of what was
    withheld; ``days`` the numbers planned, sent and recovered by the shop's day.
    """

    steps: list[StepFigures]
    reasons: list[tuple[str, int]]
    days: list[tuple[date, int, int, int]]
    reminded: Share | None
    held_out: Share | None
    reminded_carts: int
    held_out_carts: int
    fewest: int
    effect: Difference | None

    @property
    def is_enough(self) -> bool:
        """Whether both groups are large enough to be compared."""
        return min(self.reminded_carts, self.held_out_carts) >= self.fewest


def funnel(*, since: datetime, until: datetime, at: datetime) -> Funnel:
    """Return what became of the reminders planned from ``since`` on, before ``until``."""
    rows = RecoveryAttempt.objects.filter(planned_at__gte=since, planned_at__lt=until)
    policy = current_policy(at=at)
    fewest = policy.fewest_carts if policy else 1
    carts = _carts(rows)
    shares = {arm: share(*carts[arm]) for arm in Arm}
    enough = min(carts[arm][1] for arm in Arm) >= fewest
    return Funnel(
        steps=_steps(rows),
        reasons=_reasons(rows),
        days=_days(rows),
        reminded=shares[Arm.REMINDED],
        held_out=shares[Arm.HELD_OUT],
        reminded_carts=carts[Arm.REMINDED][1],
        held_out_carts=carts[Arm.HELD_OUT][1],
        fewest=fewest,
        effect=difference(shares[Arm.REMINDED], shares[Arm.HELD_OUT]) if enough else None,
    )


def _steps(rows: QuerySet[RecoveryAttempt]) -> list[StepFigures]:
    counts: dict[str, Any] = {name: Count("pk", filter=which) for name, which in _COUNTS.items()}
    revenue = Sum("revenue", filter=_COUNTS["recovered"], default=Decimal(0))
    found: Any = rows.values("step").annotate(**counts, earned=revenue).order_by("step")
    return [
        StepFigures(
            step=row["step"], revenue=row["earned"], **{name: row[name] for name in _COUNTS}
        )
        for row in found
    ]


def _carts(rows: QuerySet[RecoveryAttempt]) -> dict[Arm, tuple[int, int]]:
    """Return for each group how many carts came back, and how many there were.

    A cart is one however many steps it had, all of them in one group.
    """
    carts = (
        rows.order_by("cart_id", "-step")
        .distinct("cart_id")
        .annotate(back=Exists(rows.filter(cart_id=OuterRef("cart_id"), order__isnull=False)))
    )
    found = dict.fromkeys(Arm, (0, 0))
    for arm, back in carts.values_list("arm", "back").iterator():
        hits, total = found[Arm(arm)]
        found[Arm(arm)] = (hits + back, total + 1)
    return found


def _reasons(rows: QuerySet[RecoveryAttempt]) -> list[tuple[str, int]]:
    withheld = rows.filter(message__state=MessageState.WITHHELD)
    found = withheld.values("message__error_code").annotate(count=Count("pk"))
    counted = found.order_by("-count", "message__error_code")
    return list(counted.values_list("message__error_code", "count"))


def _days(rows: QuerySet[RecoveryAttempt]) -> list[tuple[date, int, int, int]]:
    by_day = rows.annotate(day=TruncDate("planned_at", tzinfo=clock.shop_zone())).values("day")
    counted = by_day.annotate(
        planned=Count("pk", filter=_COUNTS["planned"]),
        sent=Count("pk", filter=_COUNTS["sent"]),
        recovered=Count("pk", filter=_COUNTS["recovered"]),
    )
    return list(counted.order_by("day").values_list("day", "planned", "sent", "recovered"))
