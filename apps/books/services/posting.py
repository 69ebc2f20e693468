"""Booking what happened: one journal for each row that it came from, however often it is asked."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from apps.books.models import Account, Entry, Journal, PointsValue
from apps.books.rules.chart import AccountSpec
from apps.books.rules.posting import Posting
from apps.books.selectors import bank_facts, sources
from bakery.kernel import clock
from bakery.kernel.locks import advisory_lock
from bakery.kernel.rows import insert, insert_unless_taken

logger = logging.getLogger(__name__)
_VALUE_LOCK = "books:points-value"


def post_all(*, postings: Iterable[Posting], at: datetime) -> int:
    """Book those postings that are not booked yet and return how many those were.

    In the order of their names, so that two workers with the same ones wait instead of locking
    each other out.
    """
    ordered = sorted(postings, key=lambda posting: posting.source)
    if not ordered:
        return 0
    with transaction.atomic():
        accounts = _accounts({spec for posting in ordered for spec, _ in posting.legs})
        entries: list[Entry] = []
        booked = 0
        for posting in ordered:
            journal = Journal(
                source=posting.source,
                booked_on=clock.shop_date(posting.at),
                happened_at=posting.at,
                recorded_at=at,
                text=posting.text,
                order_id=posting.order_id,
            )
            if insert_unless_taken(journal):
                booked += 1
                entries += _entries(journal, posting, accounts)
        insert(entries)
    return booked


def post_order(*, order_id: int, kinds: Sequence[str], at: datetime) -> int:
    """Book what of an order is not booked yet, of these kinds of sources; return how many.

    An order that does not exist has nothing to be booked.
    """
    _note_points_value(at=at)
    return post_all(postings=sources.postings_of_order(order_id, kinds), at=at)


def post_missing(*, at: datetime, whole: bool = False) -> int:
    """Book whatever nobody was told about, and return how many journals that made.

    Looks at the newest rows of each table, or at all of them (``whole``). Each batch is a
    transaction of its own.
    """
    _note_points_value(at=at)
    booked = 0
    for kind in sources.SOURCES:
        for found in sources.missing_postings(kind, whole=whole):
            booked += post_all(postings=found, at=at)
    if booked:
        logger.info("books caught up", extra={"count": booked})
    return booked


def _note_points_value(*, at: datetime) -> None:
    """Write down what a point is worth now, if that is not what the books say."""
    value: Decimal = settings.LOYALTY_POINT_VALUE
    if bank_facts.current_points_value() == value:
        return
    with transaction.atomic():
        advisory_lock(_VALUE_LOCK)
        if bank_facts.current_points_value() != value:
            PointsValue.objects.create(value=value, currency=settings.SHOP_CURRENCY, since=at)


def _entries(journal: Journal, posting: Posting, accounts: dict[str, int]) -> list[Entry]:
    return [
        Entry(
            journal=journal,
            account_id=accounts[spec.code],
            amount=amount,
            currency=posting.currency,
        )
        for spec, amount in posting.legs
    ]


def _accounts(specs: set[AccountSpec]) -> dict[str, int]:
    """Return the keys of accounts by code; those that are booked on for the first time are made."""
    codes = [spec.code for spec in specs]
    known = dict(Account.objects.filter(code__in=codes).values_list("code", "pk"))
    for spec in sorted(specs, key=lambda spec: spec.code):
        if spec.code not in known:
            insert_unless_taken(Account(code=spec.code, name=spec.name, kind=spec.kind))
    if len(known) < len(set(codes)):
        known = dict(Account.objects.filter(code__in=codes).values_list("code", "pk"))
    return known
