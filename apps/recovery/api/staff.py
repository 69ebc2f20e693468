"""Reminders of carts for staff: the funnel, each attempt, and what holds."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.recovery import selectors, services
from apps.recovery.models import RecoveryAttempt
from apps.recovery.services.rules import MOST_HELD_OUT, RULE_NUMBERS
from apps.recovery.states import RuleChannel, Wording
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_SEE, _MANAGE = Staff("recovery.view_recoveryattempt"), Staff("recovery.manage_recovery")
_LONGEST, _MOST_STEPS = 366, 9
_STATES = ("held_out", "planned", "withheld", "failed", "sent", "delivered", "recovered")
_POLICY = OpenApiExample("Hold out a fifth", value={"holdout_percent": "20.00"}, request_only=True)
_RULE = OpenApiExample(
    "After two hours", value={"delay_minutes": 120, "channel": "mail"}, request_only=True
)


_FUNNEL = OpenApiExample(
    "Four weeks",
    value={
        "currency": "CAD",
        "steps": [
            {
                "step": 1,
                "planned": 120,
                "withheld": 18,
                "sent": 102,
                "delivered": 99,
                "opened": 31,
                "clicked": 24,
                "restored": 22,
                "recovered": 15,
                "held_out": 13,
                "revenue": "642.50",
            }
        ],
        "reasons": [{"code": "bought", "count": 11}, {"code": "sold_out", "count": 7}],
        "reminded": {"hits": 15, "total": 120, "value": 0.125, "low": 0.077, "high": 0.196},
        "held_out": {"hits": 1, "total": 13, "value": 0.077, "low": 0.014, "high": 0.333},
        "fewest": 100,
        "effect": None,
    },
    response_only=True,
)
_ATTEMPT = OpenApiExample(
    "Bought after the link",
    value={
        "id": 311,
        "cart_id": "7c0d3f52-1d0e-4d4a-9a57-0f6a6f2b1c11",
        "step": 1,
        "channel": "email",
        "state": "recovered",
        "reason": "",
        "planned_at": "2026-11-20T15:00:00Z",
        "sent_at": "2026-11-20T15:00:04Z",
        "opened_at": None,
        "clicked_at": "2026-11-20T16:12:00Z",
        "restored_at": "2026-11-20T16:12:03Z",
        "recovered_at": "2026-11-20T16:20:41Z",
        "order": "SR-2611-4821",
        "revenue": "48.00",
        "currency": "CAD",
        "coupon": False,
    },
    response_only=True,
)
_LIMITS = OpenApiExample(
    "What holds",
    value={
        "is_on": True,
        "holdout_percent": "10.00",
        "longest_hours": 72,
        "gap_hours": 12,
        "person_hours": 48,
        "text_hours": 48,
        "attribution_days": 7,
        "coupon_days": 30,
        "link_days": 30,
        "fewest_carts": 100,
        "valid_from": "2026-11-01T05:00:00Z",
    },
    response_only=True,
)
_STEP = OpenApiExample(
    "After an hour",
    value={
        "is_active": True,
        "delay_minutes": 60,
        "channel": "mail",
        "wording": "cart_left",
        "promotion_id": None,
        "coupon_valid_days": 7,
        "step": 1,
        "valid_from": "2026-11-01T05:00:00Z",
    },
    response_only=True,
)


class StrictBool(serializers.BooleanField):
    """Takes true and false only."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse every other type."""
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return bool(data)


class FunnelFilter(serializers.Serializer[Any]):
    """The window ends now."""

    days = serializers.IntegerField(min_value=1, max_value=_LONGEST, default=28)


class StepOutput(serializers.Serializer[Any]):
    """One step; revenue is without tax, of orders after reminders that were sent."""

    step = serializers.IntegerField()
    planned = serializers.IntegerField()
    withheld = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField(help_text="Of those who agreed to be measured.")
    clicked = serializers.IntegerField()
    restored = serializers.IntegerField()
    recovered = serializers.IntegerField()
    held_out = serializers.IntegerField()
    revenue = serializers.DecimalField(12, 2)


class ShareOutput(serializers.Serializer[Any]):
    """A share of carts with its 95 % interval."""

    hits = serializers.IntegerField()
    total = serializers.IntegerField()
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class EffectOutput(serializers.Serializer[Any]):
    """The difference of the shares with its 95 % interval (Newcombe's method 10)."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    is_clear = serializers.BooleanField()


class WithheldReasonOutput(serializers.Serializer[Any]):
    """Why reminders were withheld."""

    code = serializers.CharField()
    count = serializers.IntegerField()


class FunnelOutput(serializers.Serializer[Any]):
    """How far reminders came; the effect is null before both groups have ``fewest`` carts."""

    currency = serializers.CharField()
    steps = StepOutput(many=True)
    reasons = WithheldReasonOutput(many=True)
    reminded = ShareOutput(allow_null=True)
    held_out = ShareOutput(allow_null=True)
    fewest = serializers.IntegerField()
    effect = EffectOutput(allow_null=True)


class StaffFunnel(PrivateView):
    """The funnel of reminders."""

    permission_classes = [_SEE]

    @extend_schema(
        summary="Read how far reminders of carts came",
        tags=["staff"],
        parameters=[FunnelFilter],
        responses=FunnelOutput,
        examples=[_FUNNEL],
    )
    def get(self, request: Request) -> Response:
        """Return the stages of each step, and reminded carts beside those held out."""
        given = FunnelFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        at = clock.now()
        since = at - timedelta(days=given.validated_data["days"])
        found = selectors.funnel(since=since, until=at + timedelta(seconds=1), at=at)
        plain = {
            "currency": settings.SHOP_CURRENCY,
            "steps": found.steps,
            "reasons": [{"code": code, "count": count} for code, count in found.reasons],
            "reminded": found.reminded,
            "held_out": found.held_out,
            "fewest": found.fewest,
            "effect": found.effect,
        }
        return Response(FunnelOutput(plain).data)


class AttemptFilter(serializers.Serializer[Any]):
    """Which attempts staff want to see."""

    step = serializers.IntegerField(required=False, min_value=1, max_value=_MOST_STEPS)
    state = serializers.ChoiceField(choices=_STATES, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class AttemptOutput(serializers.Serializer[Any]):
    """An attempt, without whose it is."""

    id = serializers.IntegerField()
    cart_id = serializers.UUIDField()
    step = serializers.IntegerField()
    channel = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField(help_text="The code of why it was not sent.")
    planned_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    clicked_at = serializers.DateTimeField(allow_null=True)
    restored_at = serializers.DateTimeField(allow_null=True)
    recovered_at = serializers.DateTimeField(allow_null=True)
    order = serializers.CharField(help_text="The number of the order that came of it.")
    revenue = serializers.DecimalField(10, 2, allow_null=True)
    currency = serializers.CharField()
    coupon = serializers.BooleanField(help_text="Whether it brought a code.")

    def to_representation(self, instance: RecoveryAttempt) -> dict[str, Any]:
        """Return what staff see of the row."""
        return dict(super().to_representation(selectors.represent(instance)))


class StaffAttempts(PrivateView, ListAPIView[Any]):
    """All attempts."""

    permission_classes = [_SEE]
    serializer_class = AttemptOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return the attempts asked for."""
        checked = AttemptFilter(data=self.request.query_params)
        checked.is_valid(raise_exception=True)
        return selectors.listed_attempts(**checked.validated_data)

    @extend_schema(
        operation_id="staff_cart_reminders",
        summary="List reminders of carts",
        tags=["staff"],
        parameters=[AttemptFilter],
        examples=[_ATTEMPT],
    )
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return attempts by step, state and moment; the newest first."""
        return super().get(request, *args, **kwargs)


class PolicyInput(serializers.Serializer[Any]):
    """The limits; what is left out stays."""

    is_on = StrictBool()
    holdout_percent = serializers.DecimalField(5, 2, min_value=0, max_value=MOST_HELD_OUT)
    longest_hours = WholeNumber(min_value=1, max_value=720)
    gap_hours = WholeNumber(min_value=1, max_value=720)
    person_hours = WholeNumber(min_value=1, max_value=720)
    text_hours = WholeNumber(min_value=48, max_value=720)
    attribution_days = WholeNumber(min_value=1, max_value=60)
    coupon_days = WholeNumber(min_value=1, max_value=365)
    link_days = WholeNumber(min_value=1, max_value=90)
    fewest_carts = WholeNumber(min_value=1, max_value=100_000)


class PolicyOutput(PolicyInput):
    """The limits that hold, and since when."""

    valid_from = serializers.DateTimeField()


class RuleInput(serializers.Serializer[Any]):
    """One step; what is left out stays."""

    is_active = StrictBool()
    delay_minutes = WholeNumber(min_value=1, max_value=RULE_NUMBERS["delay_minutes"][1])
    channel = serializers.ChoiceField(choices=RuleChannel.choices)
    wording = serializers.ChoiceField(choices=Wording.choices)
    promotion_id = WholeNumber(min_value=1, max_value=2**63 - 1, allow_null=True)
    coupon_valid_days = WholeNumber(min_value=1, max_value=90)


class RuleOutput(RuleInput):
    """A step as it holds, and since when."""

    step = serializers.IntegerField()
    valid_from = serializers.DateTimeField()


class _WrittenByManagers(PrivateView):
    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        return [(_SEE if self.request.method == "GET" else _MANAGE)()]


class StaffPolicy(_WrittenByManagers):
    """The limits of reminders."""

    @extend_schema(
        summary="Read the limits of reminders",
        tags=["staff"],
        responses=PolicyOutput,
        examples=[_LIMITS],
    )
    def get(self, request: Request) -> Response:
        """Return what holds now; 404 ``no_policy`` where nothing does."""
        policy = selectors.current_policy(at=clock.now())
        if policy is None:
            raise NotFound("no_policy", "There are no limits yet, so nothing is sent.")
        return Response(PolicyOutput(policy).data)

    @extend_schema(
        summary="Change the limits of reminders",
        tags=["staff"],
        request=PolicyInput,
        responses=PolicyOutput,
        examples=[_POLICY, _LIMITS],
    )
    def patch(self, request: Request) -> Response:
        """Write limits that hold from now on; `is_on` false is the off switch."""
        checked = PolicyInput(data=request.data, partial=True)
        checked.is_valid(raise_exception=True)
        row = services.change_policy(
            values=checked.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(PolicyOutput(row).data)


class StaffRules(_WrittenByManagers):
    """The steps of reminders."""

    @extend_schema(
        summary="List the steps of reminders",
        tags=["staff"],
        responses=RuleOutput(many=True),
        examples=[_STEP],
    )
    def get(self, request: Request) -> Response:
        """Return the steps that hold now, those switched off as well."""
        return Response(RuleOutput(selectors.current_rules(at=clock.now()), many=True).data)


class StaffRule(_WrittenByManagers):
    """One step."""

    @extend_schema(
        summary="Change a step of reminders",
        tags=["staff"],
        request=RuleInput,
        responses=RuleOutput,
        examples=[_RULE, _STEP],
    )
    def patch(self, request: Request, step: int) -> Response:
        """Write what the step is from now on; a step that was not there needs all its fields.

        400 with the field that is wrong, ``bad_order`` when a later step would not come later.
        """
        checked = RuleInput(data=request.data, partial=True)
        checked.is_valid(raise_exception=True)
        row = services.change_rule(
            step=step, values=checked.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(RuleOutput(row).data)
