"""Points and a gift card to try in the demo."""

from datetime import datetime, timedelta
from decimal import Decimal

from apps.accounts.models import User
from apps.loyalty import services

ACTOR = "system"
_REF = "demo"


def seed_bank(*, at: datetime) -> str:
    """Give the demo's customer points, and issue a gift card; return the card's code.

    Told on every start, which the demo may: outside the sandbox it is refused as a whole.
    """
    customer = User.objects.filter(email="customer@bakery.example").first()
    if customer is not None:
        services.earn(
            user_id=customer.pk,
            reference=_REF,
            amount=Decimal(240),
            at=at - timedelta(days=40),
        )
    card = services.issue_gift_card(
        amount=Decimal("50.00"), ref=_REF, note="to try it out", actor=ACTOR, at=at
    )
    return services.code_of(card=card)
