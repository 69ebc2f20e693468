"""Asking Stripe what it knows and we were never told: events, payments, and its own books.

A webhook may never arrive, and nobody notices what does not come. Lists are read in windows with
an overlap, newest first, a bounded number of pages at a time; what the bound breaks off is gone
on with the next time. Whatever is found takes the way of what is delivered.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from apps.payments.adapters import stripe_gateway, stripe_listing
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.adapters.stripe_listing import Movement, Page
from apps.payments.models import Payment, StripeEvent, StripeListing
from apps.payments.rules.subjects import find_subject, parse_event, read_header
from apps.payments.services.adoption import adopt_attempt
from apps.payments.services.dispute_news import learn_dispute
from apps.payments.services.ingestion import store_event
from apps.payments.services.refund_news import learn_refund
from apps.payments.services.settlement import check_attempt
from bakery.kernel.errors import DomainError, Unavailable

logger = logging.getLogger(__name__)
EVENTS, SESSIONS = "events", "sessions"
# What is younger may still be on its way to us.
GRACE = timedelta(minutes=2)
# Stripe's list may be behind by moments, and a worker's clock may be off.
OVERLAP = timedelta(minutes=10)
# A session can be paid for a day after it was made.
SESSION_LIFE = timedelta(hours=25)
# Stripe forgets events after 30 days.
_STRIPE_REMEMBERS = timedelta(days=29)
# Pages of a hundred.
_MOST_MOVEMENTS = 200
Row = TypeVar("Row")


@dataclass
class Found:
    """What was found: events never delivered, payments nobody told of; ``pages`` were read."""

    events: int = 0
    payments: int = 0
    pages: int = 0


def find_missed(*, at: datetime, pages: int = 10) -> Found:
    """Store events that were never delivered and apply payments that none told of.

    Reads at most ``pages`` pages of each list; stops at the first sign that Stripe is down, and
    goes on there the next time.
    """
    found = Found()
    try:
        _find_events(found, at=at, pages=pages)
        _find_payments(found, at=at, pages=pages)
    except Unavailable as error:
        logger.warning("stripe cannot be asked what we missed", extra={"code": error.code})
    return found


def stripe_movements(*, since: datetime, until: datetime) -> list[Movement]:
    """Return what moved our balance at Stripe in a time, both ends included, newest first.

    Raises `Unavailable` while Stripe does not answer, or for a time with too much in it.
    """
    found: list[Movement] = []
    cursor = ""
    for _ in range(_MOST_MOVEMENTS):
        page = stripe_listing.list_movements(since=since, until=until, cursor=cursor)
        if page is None:
            break
        found += page.rows
        cursor = page.cursor
        if not cursor:
            return found
    raise Unavailable("stripe_list_broken", "Stripe's list of movements did not come to its end.")


def stripe_movements_of(*, source: str) -> list[Movement]:
    """Return what a charge, refund or dispute moved, whenever that was; else as the above."""
    page = stripe_listing.list_movements_of(source)
    return page.rows if page else []


def learn_of(*, thing: str, intent: str = "", at: datetime) -> bool:
    """Ask Stripe about a refund, a dispute or a payment, as if news of it had just come.

    ``thing`` is Stripe's id of what moved the money, ``intent`` of the payment that it is of.
    Returns whether it is ours. Calls Stripe outside any transaction; raises `Unavailable` while
    it does not answer.
    """
    if thing.startswith(("re_", "pyr_")):
        return learn_refund(refund_id=thing, at=at)
    if thing.startswith(("du_", "dp_")):
        return learn_dispute(dispute_id=thing, at=at)
    session = stripe_gateway.find_session_of_intent(intent) if intent else None
    return session is not None and _settle(session, at=at)


def _find_events(found: Found, *, at: datetime, pages: int) -> None:
    listing = _open_window(EVENTS, at=at, reach=timedelta(days=1))
    since = max(listing.read_until - OVERLAP, at - _STRIPE_REMEMBERS)
    for page in _read(listing, stripe_listing.list_events, since, pages=pages, at=at):
        found.pages += 1
        found.events += store_missed(page.rows, at=at)


def _find_payments(found: Found, *, at: datetime, pages: int) -> None:
    listing = _open_window(SESSIONS, at=at, reach=SESSION_LIFE)
    since = listing.read_until - SESSION_LIFE
    for page in _read(listing, stripe_listing.list_paid_sessions, since, pages=pages, at=at):
        found.pages += 1
        found.payments += _settle_unknown(page.rows, at=at)


def _open_window(name: str, *, at: datetime, reach: timedelta) -> StripeListing:
    """Return how far a list was read, with a window that is open; the first goes back ``reach``."""
    listing, _ = StripeListing.objects.get_or_create(
        name=name, defaults={"read_until": at - reach, "finished_at": at}
    )
    if listing.window_ends is None:
        listing.window_ends, listing.cursor = at - GRACE, ""
        listing.save(update_fields=["window_ends", "cursor"])
    return listing


def _read(
    listing: StripeListing,
    fetch: Callable[..., Page[Row] | None],
    since: datetime,
    *,
    pages: int,
    at: datetime,
) -> Iterator[Page[Row]]:
    """Yield pages of the open window, writing down after each how far we are."""
    until = listing.window_ends or at
    for _ in range(pages):
        page = fetch(since=since, until=until, cursor=listing.cursor)
        if page is None:
            # The row that we stopped at is gone: the window is read again from its newest row.
            listing.cursor = ""
            listing.save(update_fields=["cursor"])
            return
        yield page
        listing.cursor = page.cursor
        if not page.cursor:
            listing.read_until, listing.window_ends, listing.finished_at = until, None, at
        listing.save()
        if not page.cursor:
            return


def store_missed(texts: list[str], *, at: datetime) -> int:
    """Store events of a list, as they stand in it, that nobody delivered; return how many.

    Only what concerns payments of orders: of the rest we never asked to be told.
    """
    wanted = {}
    for text in texts:
        event = parse_event(text)
        if find_subject(event) is not None:
            wanted[read_header(event).id] = text
    known = set(StripeEvent.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    missed = [text for event_id, text in wanted.items() if event_id not in known]
    for text in missed:
        store_event(text, at=at, was_fetched=True)
    if missed:
        logger.warning("stripe events were never delivered", extra={"count": len(missed)})
    return len(missed)


def _settle_unknown(sessions: list[SessionView], *, at: datetime) -> int:
    """Apply sessions that are paid and that we hold no payment of."""
    paid = {row.intent_id: row for row in sessions if row.payment_status == "paid"}
    known = Payment.objects.filter(payment_intent__in=paid)
    for intent in known.values_list("payment_intent", flat=True):
        paid.pop(intent, None)
    found = 0
    for session in paid.values():
        # Without the key it was not made here: another product of the same account.
        if session.intent_id and session.attempt_key:
            found += _settle(session, at=at)
    return found


def _settle(session: SessionView, *, at: datetime) -> bool:
    try:
        attempt = adopt_attempt(session, at=at)
        if attempt is None:
            return False
        check_attempt(attempt_id=attempt.pk, at=at)
    except Unavailable:
        raise
    except DomainError as error:
        logger.exception("session not settled", extra={"code": error.code})
        return False
    return Payment.objects.filter(payment_intent=session.intent_id).exists()
