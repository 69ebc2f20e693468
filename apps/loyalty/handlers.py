"""Reactions of the bank: a person who is erased, a ledger that does not add up."""

from datetime import datetime

from apps.accounts.events import UserAnonymised
from apps.loyalty import services
from apps.loyalty.events import LoyaltyDiffers
from apps.notifications import services as notifications
from apps.notifications.states import AlertKind
from bakery.kernel.outbox import CRITICAL, handles


@handles(UserAnonymised)
def forget_erased(event: UserAnonymised, *, at: datetime) -> None:
    """Erase what identifies the person in invitations and on gift cards."""
    services.forget_person(user_id=event.user_id, at=at)


@handles(LoyaltyDiffers, queue=CRITICAL)
def alert_difference(event: LoyaltyDiffers, *, at: datetime) -> None:
    """Text the shop: a balance that its ledger does not explain is a bug or a hand in the rows."""
    notifications.raise_alert(
        key=f"loyalty:{event.day}",
        text=f"Points or gift cards differ from their ledgers in {event.differences} places. "
        "See manage.py prove_points.",
        at=at,
        kind=AlertKind.MONEY,
    )
