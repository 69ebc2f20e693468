"""Changing an order: what can be changed, what a change would come to, and the change."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.fields import StrictCharField
from apps.orders.api.representations import order_json
from apps.orders.api.schemas import OrderOutput
from apps.orders.models import Order
from apps.orders.rules.checks import MAX_LINES, MAX_MESSAGE, MAX_QUANTITY
from apps.orders.services import EditResult, EditWish, LineWish
from bakery.edge import throttling
from bakery.edge.access import Anyone, Staff
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_BIGGEST_ID = 2**63 - 1
_CHANGE = OpenApiExample(
    "Two of the first line, a cake beside it, an hour later",
    value={
        "revision": 0,
        "lines": [
            {"position": 1, "quantity": 2},
            {"variant_id": 7, "quantity": 1, "message": "Happy birthday"},
        ],
        "slot_id": 43,
        "expected_total": "66.78",
    },
    request_only=True,
)


class EditLineInput(serializers.Serializer):  # type: ignore[type-arg]
    """A line of the order by its position, or a new one by its variant."""

    position = WholeNumber(min_value=1, max_value=32_767, required=False)
    variant_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID, required=False)
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    message = StrictCharField(
        max_length=MAX_MESSAGE,
        allow_blank=True,
        required=False,
        help_text="Left out, a line of the order keeps its own.",
    )


class EditInput(serializers.Serializer):  # type: ignore[type-arg]
    """What the order shall be. Lines that are not named are taken out; without lines all stay."""

    revision = WholeNumber(min_value=0, max_value=2**31 - 1)
    lines = serializers.ListField(child=EditLineInput(), required=False, max_length=2 * MAX_LINES)
    slot_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID, required=False)
    expected_total = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True, default=None
    )


class StaffEditInput(EditInput):
    """The same, and why; needed while the order is in production."""

    reason = StrictCharField(max_length=500, allow_blank=True, default="")


class EditableLineOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A line as it is, and how much may be written on it; null: it is not sold any more."""

    position = serializers.IntegerField()
    variant_id = serializers.IntegerField()
    description = serializers.CharField()
    quantity = serializers.IntegerField()
    message = serializers.CharField()
    unit_price = serializers.DecimalField(10, 2)
    message_max_length = serializers.IntegerField(allow_null=True)


class RefusalOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Why something is not possible."""

    code = serializers.CharField()
    message = serializers.CharField()


class EditableOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The order as it can be changed; ``refusal`` says why it cannot."""

    revision = serializers.IntegerField()
    slot_id = serializers.IntegerField()
    lines = EditableLineOutput(many=True)
    refusal = RefusalOutput(allow_null=True)


class ProblemDetailsOutput(RefusalOutput):
    """What is short, for programs too."""

    details = serializers.JSONField()


class EditOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What the change comes to: ``due`` is to be paid then, ``owed`` is given back."""

    changes = serializers.ListField(child=serializers.CharField())
    delta = serializers.DecimalField(10, 2)
    due = serializers.DecimalField(10, 2)
    owed = serializers.DecimalField(10, 2)
    breakdown = serializers.JSONField()
    problems = ProblemDetailsOutput(many=True)
    question = serializers.CharField(help_text="About the day of the feast; blank without doubt.")
    order = OrderOutput()


class _EditView(PrivateView):
    """One order that its customer, or staff, may change."""

    input: ClassVar[type[EditInput]] = EditInput

    def actor(self, request: Request) -> str:
        """Return who changes it."""
        del request
        return services.CUSTOMER

    def _order(self, request: Request, public_id: UUID) -> Order:
        return selectors.order_by_public_id(public_id, user_id=customer_id(request))

    def _limit(self, request: Request) -> None:
        throttling.require("order", rate_bucket(client_address(request._request)))

    def _state(self, request: Request, public_id: UUID) -> Response:
        order = self._order(request, public_id)
        refusal = None
        try:
            services.require_editable(
                order=order, actor=self.actor(request), reason="later", at=clock.now()
            )
        except DomainError as error:
            refusal = {"code": error.code, "message": error.message}
        body = {
            "revision": order.revision,
            "slot_id": order.slot_id,
            "lines": selectors.editable_lines(order),
            "refusal": refusal,
        }
        return Response(EditableOutput(body).data)

    def _call(self, request: Request, public_id: UUID, *, preview: bool) -> Response:
        self._limit(request)
        order = self._order(request, public_id)
        checked = self.input(data=request.data)
        checked.is_valid(raise_exception=True)
        given, at = checked.validated_data, clock.now()
        arguments = {
            "order_id": order.pk,
            "wish": _wish(given),
            "actor": self.actor(request),
            "reason": given.get("reason", ""),
            "at": at,
        }
        if preview:
            return Response(_edit_json(services.preview_edit(**arguments)))
        result = services.edit_order(**arguments, expected_total=given["expected_total"])
        return Response(_edit_json(result))


class OrderEditView(_EditView):
    """A customer's order."""

    permission_classes = [Anyone]

    @extend_schema(tags=["orders"], responses=EditableOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the lines with their positions, and whether they can still be changed."""
        return self._state(request, public_id)

    @extend_schema(tags=["orders"], request=EditInput, responses=EditOutput, examples=[_CHANGE])
    def post(self, request: Request, public_id: UUID) -> Response:
        """Change the order: all of it or nothing.

        ``stale_order`` (409, with the revision) when it changed since it was looked at,
        ``not_editable`` (409) when the kitchen has begun or must soon, ``price_changed`` (409)
        when the total is not ``expected_total``, ``out_of_stock``, ``slot_full`` (409),
        ``lines_refused`` (400, a code per line), ``nothing_changed``, ``order_empty`` (400).
        """
        return self._call(request, public_id, preview=False)


class OrderEditPreviewView(_EditView):
    """What a change of a customer's order would come to."""

    permission_classes = [Anyone]

    @extend_schema(tags=["orders"], request=EditInput, responses=EditOutput, examples=[_CHANGE])
    def post(self, request: Request, public_id: UUID) -> Response:
        """Return the order as it would be, and what is short in ``problems``; change nothing."""
        return self._call(request, public_id, preview=True)


class _StaffEditView(_EditView):
    input = StaffEditInput

    def actor(self, request: Request) -> str:
        """Return who changes it."""
        return f"user:{request.user.pk}"

    def _order(self, request: Request, public_id: UUID) -> Order:
        del request
        return selectors.order_for_staff(public_id)

    def _limit(self, request: Request) -> None:
        """Staff are limited as staff."""


class StaffOrderEditView(_StaffEditView):
    """Any order."""

    permission_classes = [Staff("orders.edit_order")]

    @extend_schema(tags=["staff"], responses=EditableOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the lines with their positions, and whether they can still be changed."""
        return self._state(request, public_id)

    @extend_schema(tags=["staff"], request=StaffEditInput, responses=EditOutput, examples=[_CHANGE])
    def post(self, request: Request, public_id: UUID) -> Response:
        """Change the order, also in production with a ``reason``; refusals as for customers."""
        return self._call(request, public_id, preview=False)


class StaffOrderEditPreviewView(_StaffEditView):
    """What a change of any order would come to."""

    permission_classes = [Staff("orders.edit_order")]

    @extend_schema(tags=["staff"], request=StaffEditInput, responses=EditOutput, examples=[_CHANGE])
    def post(self, request: Request, public_id: UUID) -> Response:
        """Return the order as it would be, and what is short in ``problems``; change nothing."""
        return self._call(request, public_id, preview=True)


def _wish(given: dict[str, Any]) -> EditWish:
    lines = given.get("lines")
    return EditWish(
        revision=given["revision"],
        lines=None if lines is None else tuple(LineWish(**line) for line in lines),
        slot_id=given.get("slot_id"),
    )


def _edit_json(result: EditResult) -> dict[str, Any]:
    view = selectors.order_view(result.order, lines=result.lines, at=clock.now())
    return {
        "changes": result.changes,
        "delta": str(result.delta),
        "due": str(result.due),
        "owed": str(result.owed),
        "breakdown": result.quote_json,
        "problems": list(result.problems),
        "question": result.question,
        "order": order_json(view),
    }
