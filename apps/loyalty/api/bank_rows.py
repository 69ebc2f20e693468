"""What requests about points and gift cards and their replies look like."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.loyalty.rules.points import MAX_POINTS
from apps.loyalty.states import CardState, LotSource, PointsKind, ReferralState
from bakery.edge.fields import WholeNumber

_MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}


class CodeText(serializers.CharField):
    """A code in any spelling; a JSON text only."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers before they lose their zeros."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class BankCodeInput(serializers.Serializer[Any]):
    """A code as it was typed."""

    code = CodeText(max_length=100, trim_whitespace=True)


class ReferralInput(serializers.Serializer[Any]):
    """A code to be invited by; left out, the one of the link that was opened in this browser."""

    code = CodeText(max_length=100, required=False, default="")


class CardBalanceView(serializers.Serializer[Any]):
    """What is left on a card."""

    card = serializers.CharField()
    balance = serializers.DecimalField(**_MONEY)
    currency = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class InvitationView(serializers.Serializer[Any]):
    """The code to invite others with, its link, and what came of it."""

    code = serializers.CharField()
    link = serializers.URLField()
    claimed = serializers.IntegerField()
    rewarded = serializers.IntegerField()
    points_for_you = serializers.IntegerField()
    points_for_them = serializers.IntegerField()


class LoyaltyView(serializers.Serializer[Any]):
    """The caller's points; ``next_expiry_on`` is the last day of ``next_expiry_points``."""

    points = serializers.IntegerField()
    worth = serializers.DecimalField(**_MONEY)
    currency = serializers.CharField()
    debt = serializers.IntegerField()
    next_expiry_on = serializers.DateField(allow_null=True)
    next_expiry_points = serializers.IntegerField()
    store_credit = CardBalanceView(many=True)
    referral = InvitationView()


class PointsMoveView(serializers.Serializer[Any]):
    """A change of points; ``debt`` is what it changed of the points that are owed."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    points = serializers.IntegerField(source="delta")
    debt = serializers.IntegerField(source="delta_debt")
    kind = serializers.ChoiceField(choices=PointsKind.choices)


class ReferralReply(serializers.Serializer[Any]):
    """Whether it waits for the first order, or is looked at first."""

    state = serializers.ChoiceField(choices=["pending", "review"])
    points = serializers.IntegerField()


# --- staff ---------------------------------------------------------------------------------------


class AccountView(serializers.Serializer[Any]):
    """A customer's points."""

    user_id = serializers.IntegerField(source="pk")
    email = serializers.CharField(source="user.email")
    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    debt = serializers.IntegerField()


class PointsLotView(serializers.Serializer[Any]):
    """Points that came in together."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(choices=LotSource.choices)  # type: ignore[assignment]  # DRF: a field called source
    reference = serializers.CharField(source="ref")
    points = serializers.IntegerField()
    remaining = serializers.IntegerField()
    expired = serializers.IntegerField()
    taken_back = serializers.IntegerField()
    earned_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class StaffMoveView(PointsMoveView):
    """A change of points with its cause."""

    reference = serializers.CharField(source="ref")
    note = serializers.CharField()
    actor = serializers.CharField()


class AccountPage(AccountView):
    """A customer's points with the newest lots and moves."""

    lots = PointsLotView(many=True)
    moves = StaffMoveView(many=True)


class AdjustInput(serializers.Serializer[Any]):
    """Points given, or taken below 0."""

    points = WholeNumber(min_value=-MAX_POINTS, max_value=MAX_POINTS)
    reason = serializers.CharField(max_length=300)


class CardView(serializers.Serializer[Any]):
    """A gift card as staff see it: never its code."""

    id = serializers.IntegerField()
    card = serializers.CharField(source="__str__")
    balance = serializers.DecimalField(**_MONEY)
    initial = serializers.DecimalField(**_MONEY)
    currency = serializers.CharField()
    state = serializers.ChoiceField(choices=CardState.choices)
    user_id = serializers.IntegerField(allow_null=True)
    issued_at = serializers.DateTimeField()
    issued_by = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()


class IssueInput(serializers.Serializer[Any]):
    """A new card; with ``user_id`` it is store credit, with a mailbox its code is mailed."""

    amount = serializers.DecimalField(max_digits=9, decimal_places=2, min_value=0)
    user_id = WholeNumber(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    recipient_email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    greeting = serializers.CharField(required=False, allow_blank=True, max_length=300)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    expires_on = serializers.DateField(required=False, allow_null=True)


class IssuedView(CardView):
    """A card that was just issued, with its code: it is told here and nowhere again."""

    code = serializers.CharField()


class BankReasonInput(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=300)


class StaffReferralView(serializers.Serializer[Any]):
    """An invitation; ``reason`` names what made it doubtful."""

    id = serializers.IntegerField()
    referrer_id = serializers.IntegerField()
    referred_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ReferralState.choices)
    reason = serializers.CharField()
    referrer_points = serializers.IntegerField()
    referred_points = serializers.IntegerField()
    reference = serializers.CharField()
    claimed_at = serializers.DateTimeField()
    rewarded_at = serializers.DateTimeField(allow_null=True)


class DecideInput(BankReasonInput):
    """What is decided, and why."""

    accept = serializers.BooleanField()


class DifferenceView(serializers.Serializer[Any]):
    """A number that its ledger does not explain."""

    kind = serializers.CharField()
    subject = serializers.IntegerField()
    stored = serializers.DecimalField(**_MONEY)
    ledger = serializers.DecimalField(**_MONEY)


def card_json(card: Any) -> dict[str, Any]:
    """Return a card that can pay as customers see it."""
    return {
        "card": card.label,
        "balance": card.balance,
        "currency": card.currency,
        "expires_at": card.expires_at,
    }


def shop_currency() -> str:
    """Return the currency of points' worth."""
    return str(settings.SHOP_CURRENCY)
