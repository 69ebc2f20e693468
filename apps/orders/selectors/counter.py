"""What staff look up while they take an order: who called before, and what the drawer must hold."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, Sum

from apps.orders.models import Order, Tender
from apps.orders.selectors.timeline import names_of
from apps.orders.states import TenderKind
from bakery.kernel import clock

MIN_SEARCH = 3
_FOUND = 8
_LOOKED_AT = 200
# Fewer digits than that are no part of a phone number.
_MIN_DIGITS = 4


@dataclass(frozen=True)
class KnownCustomer:
    """Somebody who ordered before, with what they said last; ``user_id`` of their account."""

    name: str
    email: str
    phone: str
    user_id: int | None


@dataclass(frozen=True)
class DrawerRow:
    """What one person took in one way: how many times, and how much together."""

    kind: str
    person: str
    count: int
    amount: Decimal

    @property
    def label(self) -> str:
        """The way in words."""
        return str(TenderKind(self.kind).label)


@dataclass(frozen=True)
class GivenBack:
    """Money that was given back at the counter, by ``kind`` of till."""

    at: datetime
    order_id: int
    number: str
    kind: str
    person: str
    amount: Decimal

    @property
    def label(self) -> str:
        """The way in words."""
        return str(TenderKind(self.kind).label)


GivenSource = Callable[[datetime, datetime], Iterable[GivenBack]]
_given_sources: list[GivenSource] = []


def add_given_source(source: GivenSource) -> None:
    """Let a higher app, such as payments, tell what was given back; called at start-up.

    ``source`` gets two moments and returns what was given from the first until before the second.
    """
    if source not in _given_sources:
        _given_sources.append(source)


@dataclass(frozen=True)
class DrawerSheet:
    """What was taken and given back at the counter on a day of the shop, in ``currency``."""

    day: date
    currency: str
    rows: tuple[DrawerRow, ...]
    tenders: tuple[Tender, ...]
    given: tuple[GivenBack, ...] = ()

    @property
    def totals(self) -> dict[str, Decimal]:
        """The sum of each way."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.rows:
            sums[row.kind] += row.amount
        return dict(sums)

    @property
    def cash(self) -> Decimal:
        """What must be in the drawer beyond its float: below zero when more was given back."""
        return self.totals.get(TenderKind.CASH, Decimal(0)) - self.given_in(TenderKind.CASH)

    def given_in(self, kind: str) -> Decimal:
        """What was given back in one way."""
        return sum((row.amount for row in self.given if row.kind == kind), Decimal(0))


def find_customers(text: str) -> list[KnownCustomer]:
    """Return who ordered before under a phone number, mailbox or name with ``text`` in it.

    The latest orders count; shorter texts than `MIN_SEARCH` find nobody. One query.
    """
    text = text.strip()
    if len(text) < MIN_SEARCH:
        return []
    wanted = Q(customer_email__icontains=text) | Q(customer_name__icontains=text)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= _MIN_DIGITS:
        wanted |= Q(customer_phone__contains=digits.lstrip("0"))
    rows = (
        Order.objects.filter(wanted)
        .order_by("-pk")
        .values_list("customer_name", "customer_email", "customer_phone", "user_id")
    )
    found: dict[tuple[str, str, int | None], KnownCustomer] = {}
    for row in rows[:_LOOKED_AT]:
        known = KnownCustomer(*row)
        if known.email or known.phone:
            found.setdefault((known.email.lower(), known.phone, known.user_id), known)
    return list(found.values())[:_FOUND]


def drawer_sheet(day: date) -> DrawerSheet:
    """Return what was taken and given back at the counter on ``day``: four queries."""
    start = clock.start_of_shop_day(day)
    end = clock.start_of_shop_day(date.fromordinal(day.toordinal() + 1))
    taken = Tender.objects.filter(taken_at__gte=start, taken_at__lt=end).exclude(
        kind=TenderKind.ONLINE
    )
    sums = (
        taken.order_by("kind", "taken_by")
        .values_list("kind", "taken_by")
        .annotate(count=Count("pk"), amount=Sum("amount"))
    )
    listed = list(taken.select_related("order").order_by("taken_at", "pk")[:500])
    back = [row for source in _given_sources for row in source(start, end)]
    names = names_of([*(row[1] for row in sums), *(row.person for row in back)])
    rows = tuple(
        DrawerRow(kind, names.get(by, by), count, amount) for kind, by, count, amount in sums
    )
    given = tuple(replace(row, person=names.get(row.person, row.person)) for row in back)
    return DrawerSheet(day, settings.SHOP_CURRENCY, rows, _named(listed, names), given)


def _named(tenders: Sequence[Tender], names: dict[str, str]) -> tuple[Tender, ...]:
    """Return unsaved views of the rows with the name of who took each."""
    for tender in tenders:
        tender.taken_by = names.get(tender.taken_by, tender.taken_by)
    return tuple(tenders)
