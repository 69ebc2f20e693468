"""Rules of deposits over the staff API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.orders import services
from apps.orders.api.fields import StrictCharField
from apps.orders.models import DepositRule
from apps.orders.services.deposit_rules import MAX_DAYS, MAX_IDS
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1
_SEE = Staff("orders.view_depositrule")
_WRITES = {
    "POST": Staff("orders.add_depositrule"),
    "PATCH": Staff("orders.change_depositrule"),
}
_RULE: dict[str, Any] = {
    "name": "Half above 150",
    "starts_on": "2026-11-01",
    "ends_on": None,
    "percent": "50.00",
    "amount": None,
    "minimum_total": "150.00",
    "minimum_lead_days": 4,
    "category_ids": [],
    "product_ids": [],
    "balance_days": 3,
    "kept_percent": "100.00",
}


def _ids() -> serializers.ListField:
    number = WholeNumber(min_value=1, max_value=_BIGGEST_ID)
    return serializers.ListField(child=number, required=False, max_length=MAX_IDS)


class DepositRuleInput(serializers.Serializer[Any]):
    """A rule: ``percent`` of what is to be paid or a fixed ``amount``, not both."""

    name = StrictCharField(max_length=200)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)
    percent = serializers.DecimalField(5, 2, required=False, allow_null=True)
    amount = serializers.DecimalField(8, 2, required=False, allow_null=True)
    minimum_total = serializers.DecimalField(8, 2, required=False)
    minimum_lead_days = WholeNumber(min_value=0, max_value=MAX_DAYS, required=False)
    category_ids = _ids()
    product_ids = _ids()
    balance_days = WholeNumber(min_value=0, max_value=MAX_DAYS)
    kept_percent = serializers.DecimalField(5, 2, required=False)


class DepositRuleOutput(serializers.Serializer[Any]):
    """A rule as it is kept."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    percent = serializers.DecimalField(5, 2, allow_null=True)
    amount = serializers.DecimalField(8, 2, allow_null=True)
    minimum_total = serializers.DecimalField(8, 2)
    minimum_lead_days = serializers.IntegerField()
    category_ids = serializers.ListField(child=serializers.IntegerField())
    product_ids = serializers.ListField(child=serializers.IntegerField())
    balance_days = serializers.IntegerField()
    kept_percent = serializers.DecimalField(5, 2)


class _RulesView(APIView):
    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        return [_WRITES.get(self.request.method or "", _SEE)()]


class StaffDepositRules(_RulesView):
    """Rules of deposits."""

    @extend_schema(
        summary="List the rules of deposits",
        tags=["staff"],
        responses=DepositRuleOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return all of them, those that are over as well."""
        rows = DepositRule.objects.order_by("name")
        return Response(DepositRuleOutput(rows, many=True).data)

    @extend_schema(
        summary="Write a rule of deposits",
        tags=["staff"],
        request=DepositRuleInput,
        responses={201: DepositRuleOutput},
        examples=[OpenApiExample("Half of it", value=_RULE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Write a rule; 400 with the field that is wrong, 409 ``deposit_rule_exists``."""
        checked = DepositRuleInput(data=request.data)
        checked.is_valid(raise_exception=True)
        rule = services.add_deposit_rule(
            values=checked.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(DepositRuleOutput(rule).data, status=201)


class StaffDepositRule(_RulesView):
    """One rule of deposits."""

    @extend_schema(
        summary="Change a rule of deposits",
        tags=["staff"],
        request=DepositRuleInput,
        responses=DepositRuleOutput,
        examples=[OpenApiExample("Ended", value={"ends_on": "2026-12-31"}, request_only=True)],
    )
    def patch(self, request: Request, rule_id: int) -> Response:
        """Change what is named; orders that were placed keep their deposit."""
        if rule_id > _BIGGEST_ID:
            raise NotFound("deposit_rule_not_found", "There is no such rule.")
        checked = DepositRuleInput(data=request.data, partial=True)
        checked.is_valid(raise_exception=True)
        rule = services.change_deposit_rule(
            rule_id=rule_id,
            values=checked.validated_data,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(DepositRuleOutput(rule).data)
