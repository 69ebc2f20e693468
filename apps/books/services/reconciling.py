"""Comparing Stripe's books, the orders and our own books, and keeping track of what differs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from apps.books.models import Difference, Reconciliation
from apps.books.rules.differences import OF_A_TIME, OF_STRIPE, DifferenceKind, Finding
from apps.books.rules.matching import StripeRow, compare
from apps.books.selectors.ledger_checks import journal_findings, ledger_findings
from apps.books.selectors.order_checks import order_findings
from apps.books.selectors.stripe_sides import our_rows
from apps.books.services.tracking import Scope, keep_track
from apps.books.states import DifferenceState
from apps.notifications.services import raise_alert
from apps.notifications.states import AlertKind
from apps.payments import services as payments
from apps.payments.services import Movement
from bakery.kernel import clock, money
from bakery.kernel.errors import Invalid, Unavailable

logger = logging.getLogger(__name__)
SYSTEM = "system"
# Everything is recorded and booked within minutes; what is younger is left for the next time.
SETTLED_AFTER = timedelta(minutes=30)
# A payment may be recorded days after Stripe moved its money.
_EARLIER = timedelta(days=3)
LOOK_BACK = timedelta(days=7)
NIGHT_HOUR = 3
# More than a year's movements at once are asked for in parts.
MOST_DAYS = 400
# Days of older differences that one comparison looks at again; single movements it asks for.
_MOST_OLD_DAYS, _MOST_ASKED = 10, 50
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Window:
    since: datetime
    until: datetime


def reconcile(
    *, first_day: date, last_day: date, at: datetime, started_by: str = SYSTEM
) -> Reconciliation:
    """Compare the days of the shop, both included, at Stripe, and all orders and books.

    Days of differences that are still open are looked at again with them. Alerts once when there
    are new ones. While Stripe does not answer the rest is compared, and ``problem`` says so.
    Calls Stripe outside any transaction. Raises `Invalid` (``bad_days``).
    """
    known = clock.is_in_our_time(first_day) and clock.is_in_our_time(last_day)
    if not known or not first_day <= last_day or (last_day - first_day).days > MOST_DAYS:
        raise Invalid("bad_days", "The first day must not be after the last, nor a year before it.")
    cut = at - SETTLED_AFTER
    since = clock.start_of_shop_day(first_day)
    until = min(clock.start_of_shop_day(last_day + _DAY), cut)
    windows = [_Window(since, until), *_older(since, until)] if since < until else []
    run = Reconciliation.objects.create(
        started_at=at, since=since, until=until, started_by=started_by
    )
    return _run(run, windows, cut, at=at)


def recheck_difference(*, difference_id: int, at: datetime, by: str) -> Reconciliation:
    """Compare the day of one difference again, and all orders and books.

    What only Stripe has is asked for first, as if its webhook had just come. An unknown id
    compares nothing of Stripe's.
    """
    row = Difference.objects.filter(pk=difference_id).first()
    about = row.about_at if row else None
    cut = at - SETTLED_AFTER
    windows = []
    if about is not None:
        windows = [_Window(about - _DAY / 2, max(min(about + _DAY / 2, cut), about))]
    if row is not None and row.kind in {
        DifferenceKind.UNKNOWN_TO_US,
        DifferenceKind.DISPUTE_UNBOOKED,
    }:
        _ask_stripe(row, at=at)
    since, until = (windows[0].since, windows[0].until) if windows else (at, at)
    run = Reconciliation.objects.create(started_at=at, since=since, until=until, started_by=by)
    return _run(run, windows, cut, at=at)


def reconcile_if_due(*, at: datetime) -> Reconciliation | None:
    """Compare the last days once a night, after the shop's clock has struck three."""
    today = clock.shop_date(at)
    night = clock.start_of_shop_day(today) + timedelta(hours=NIGHT_HOUR)
    done = Reconciliation.objects.filter(
        started_by=SYSTEM, started_at__gte=night, problem="", ended_at__isnull=False
    )
    if at < night or done.exists():
        return None
    return reconcile(first_day=today - LOOK_BACK, last_day=today, at=at)


def watch_reconciliation(*, at: datetime) -> bool:
    """Alert when nothing was compared for over a day; return whether that is so."""
    ended = Reconciliation.objects.filter(ended_at__isnull=False, problem="", started_by=SYSTEM)
    last = ended.order_by("-started_at").values_list("started_at", flat=True).first()
    first = Reconciliation.objects.order_by("started_at").values_list("started_at", flat=True)
    reference = last or first.first()
    late = reference is not None and at - reference > timedelta(hours=26)
    text = "Stripe, orders and books were not compared for over a day." if late else ""
    return payments.watch(name="reconciliation", text=text, at=at)


def _run(
    run: Reconciliation, windows: Sequence[_Window], cut: datetime, *, at: datetime
) -> Reconciliation:
    findings: list[Finding] = [*order_findings(cut), *ledger_findings(cut)]
    scope = Scope(tuple((window.since, window.until) for window in windows))
    for window in windows:
        findings += journal_findings(window.since, window.until)
    try:
        for window in windows:
            compared, found = _stripe_findings(window)
            run.compared += compared
            findings += found
    except Unavailable as error:
        run.problem = f"Stripe was not compared: {error.message}"[:200]
        findings = [found for found in findings if found.kind not in OF_STRIPE]
        scope = Scope(scope.windows, without=OF_STRIPE)
    with transaction.atomic():
        tally = keep_track(findings=findings, scope=scope, at=at)
        run.found, run.new, run.gone = tally.found, tally.new, tally.gone
        run.ended_at = at
        run.save()
        if tally.new:
            raise_alert(
                key=f"books:differences:{run.pk}",
                text=f"Stripe, orders and books: {tally.new} new differences, {tally.found} in all."
                " See Differences in the console.",
                at=at,
                kind=AlertKind.MONEY,
            )
    if tally.found:
        logger.warning("books differ", extra={"count": tally.found})
    return run


def _older(since: datetime, until: datetime) -> list[_Window]:
    """Return the days outside of a time that open differences are about."""
    rows = Difference.objects.filter(
        state=DifferenceState.OPEN, kind__in=OF_A_TIME, about_at__isnull=False
    ).exclude(about_at__gte=since, about_at__lte=until)
    days = sorted(
        {clock.shop_date(about) for about in rows.values_list("about_at", flat=True) if about}
    )
    return [
        _Window(clock.start_of_shop_day(day), min(clock.start_of_shop_day(day + _DAY), until))
        for day in days[:_MOST_OLD_DAYS]
        if clock.start_of_shop_day(day) < until
    ]


def _stripe_findings(window: _Window) -> tuple[int, list[Finding]]:
    """Return how many movements of Stripe's were compared with our records, and what differs."""
    listed = payments.stripe_movements(since=window.since - _EARLIER, until=window.until)
    rows = {row.id: row for row in map(_row, listed)}
    names = {row.name for row in rows.values() if row.name}
    ours, expected = our_rows(names=names, since=window.since, until=window.until)
    asked = [row for row in ours if row.name in expected and row.name not in names]
    for record in asked[:_MOST_ASKED]:
        if record.source:
            movements = payments.stripe_movements_of(source=record.source)
            rows |= {row.id: row for row in map(_row, movements)}
    found = [
        finding
        for finding in compare(rows.values(), ours, expected=expected)
        if finding.about_at is None or finding.about_at >= window.since
    ]
    return len(rows), found


def _row(movement: Movement) -> StripeRow:
    return StripeRow(
        id=movement.id,
        kind=movement.kind,
        category=movement.category,
        amount=money.from_minor(movement.amount, movement.currency),
        fee=money.from_minor(movement.fee, movement.currency),
        currency=movement.currency,
        paid=money.from_minor(movement.asked, movement.asked_in),
        paid_in=movement.asked_in,
        source=movement.source,
        intent=movement.intent,
        is_ours=movement.is_ours,
        moved_at=movement.moved_at,
    )


def _ask_stripe(row: Difference, *, at: datetime) -> None:
    """Have payments look at what a difference is about, as if news of it had come."""
    thing = str(row.facts.get("source") or row.facts.get("dispute") or "")
    intent = str(row.facts.get("payment") or "")
    try:
        payments.learn_of(thing=thing, intent=intent, at=at)
    except Unavailable:
        logger.warning("stripe cannot be asked about a difference", extra={"object_id": row.pk})
