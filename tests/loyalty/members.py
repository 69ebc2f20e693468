"""People with points and gift cards, for tests of the bank."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import uuid4

from django.db import transaction

from apps.accounts.models import User
from apps.loyalty import services
from apps.loyalty.models import GiftCard, PointsAccount, PointsLot
from apps.loyalty.rules.offers import Buyer, CardSpend, PointsSpend, Spend

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_numbers = count(1)


def make_member(email: str = "", *, at: datetime = AT, **fields) -> User:
    """A customer with a confirmed mailbox who registered at ``at``."""
    user = User.objects.create_user(
        email or f"member-{next(_numbers)}@example.com", None, email_verified_at=at, **fields
    )
    User.objects.filter(pk=user.pk).update(created_at=at)
    user.created_at = at
    return user


def earn(user: User, points: int, *, reference: str = "", at: datetime = AT) -> str:
    """Let somebody earn points for an order; return the order's reference."""
    reference = reference or uuid4().hex
    services.earn(user_id=user.pk, reference=reference, amount=Decimal(points), at=at)
    return reference


def spend_of(user: User | None = None, points: int = 0, cards=()) -> Spend:
    """What a sale takes: points of somebody, and (card, amount) pairs."""
    used = PointsSpend(user.pk, points, Decimal(points) / 20) if user and points else None
    spends = [CardSpend(card.pk, Decimal(amount)) for card, amount in cards]
    return Spend(points=used, cards=spends)


def reserve(spend: Spend, *, reference: str = "", at: datetime = AT) -> str:
    """Take it under a reference, which is returned."""
    reference = reference or uuid4().hex
    with transaction.atomic():
        services.reserve(reference=reference, buyer=Buyer(None, ""), spend=spend, at=at)
    return reference


def step(name: str, reference: str, *, at: datetime = AT, **more):
    """Do a step of the bank in a transaction of its own."""
    if name in ("release", "give_back"):
        more.setdefault("reason", "test")
    if name == "amend":
        more.setdefault("buyer", Buyer(None, ""))
    with transaction.atomic():
        done = getattr(services, name)(reference=reference, at=at, **more)
        if name == "retake" and not done:
            transaction.set_rollback(True)
        return done


def issue(amount: str = "50.00", **fields) -> GiftCard:
    """A gift card."""
    values = {"ref": uuid4().hex, "actor": "user:1", "at": AT}
    return services.issue_gift_card(amount=Decimal(amount), **values | fields)


def numbers_of(user: User) -> tuple[int, int]:
    """Return balance and debt."""
    return PointsAccount.objects.values_list("balance", "debt").get(pk=user.pk)


def lots_of(user: User) -> list[tuple[str, int]]:
    """Return source and what remains of each lot, those that end first in front."""
    lots = PointsLot.objects.filter(account_id=user.pk).order_by("expires_at", "pk")
    return list(lots.values_list("source", "remaining"))
