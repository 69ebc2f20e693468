"""What is asked and answered about refunds over the API."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from apps.payments.models import RefundRequest, RefundTransition
from apps.payments.rules.refund_plan import Refundable, RefundLine, RefundPreview
from apps.payments.selectors import CustomerRefund
from apps.payments.states import RefundReason, RefundStatus, RefundTill, RefundWay
from bakery.edge.fields import WholeNumber

_MOST_LINES = 100
_MOST_PIECES = 10_000
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Any unguessable text. The same key and body ask once, however often sent.",
)
REFUSED = "too_much, nothing_left (with what is left), not_refundable"
ASKED = OpenApiExample(
    "Two pieces of the first line",
    value={
        "lines": [{"position": 1, "quantity": 2}],
        "explanation": "The cream had turned.",
    },
    request_only=True,
)
STAFF_ASKED = OpenApiExample(
    "An amount, as goodwill",
    value={"amount": "5.00", "reason": "goodwill", "explanation": "Waited half an hour."},
    request_only=True,
)
REFUND = {
    "id": "0c4e6f53-6dc4-4a3b-9b90-3a4f1f1f6f2d",
    "order": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
    "number": "B-7K3M9Q",
    "amount": "24.00",
    "may_keep": "0.00",
    "currency": "CAD",
    "status": "awaiting_approval",
    "reason": "goods",
    "way": "stripe",
    "lines": [{"position": 1, "quantity": 2, "amount": "24.00", "tax": "0.00"}],
    "explanation": "The cream had turned.",
    "goods_back": False,
    "requested_by": "user:7",
    "requested_at": "2026-05-02T14:43:00Z",
    "decided_by": "",
    "decided_at": None,
    "decision_note": "",
    "sent_at": None,
    "settled_at": None,
    "failure": "",
    "payment_intent": "pi_3PqW",
}
STAFF_REPLY = OpenApiExample("refund", value=REFUND, response_only=True)


class RefundText(serializers.CharField):
    """JSON texts only, kept as they are; what is blank says nothing and is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": True, **options})

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class RefundLineInput(serializers.Serializer):  # type: ignore[type-arg]
    """Pieces of a line of the order, by its position."""

    position = WholeNumber(min_value=1, max_value=32_767)
    quantity = WholeNumber(min_value=1, max_value=_MOST_PIECES)


class RefundLinesInput(serializers.Serializer):  # type: ignore[type-arg]
    """Pieces that something was wrong with."""

    lines = serializers.ListField(
        child=RefundLineInput(), allow_empty=False, max_length=_MOST_LINES
    )


class RefundAskInput(RefundLinesInput):
    """The same, and what was wrong."""

    explanation = RefundText(max_length=1000)


class StaffRefundPreviewInput(serializers.Serializer):  # type: ignore[type-arg]
    """Pieces or an amount, tax included; not both."""

    lines = serializers.ListField(
        child=RefundLineInput(), required=False, default=list, max_length=_MOST_LINES
    )
    amount = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True, default=None
    )


class StaffRefundInput(StaffRefundPreviewInput):
    """The same, and why."""

    reason = serializers.ChoiceField(
        choices=RefundReason.choices,
        help_text="goods or goodwill; the others are found out by the shop's own rules.",
    )
    explanation = RefundText(max_length=1000)
    goods_back = serializers.BooleanField(default=False, help_text="Whole, and can be sold again.")


class RefundApproveInput(serializers.Serializer):  # type: ignore[type-arg]
    """How much of it goes back: without an amount, all of it."""

    lower_to = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True, default=None
    )


class RefundRejectInput(serializers.Serializer):  # type: ignore[type-arg]
    """What the customer is told."""

    note = RefundText(max_length=500)


class RefundGivenInput(serializers.Serializer):  # type: ignore[type-arg]
    """How the money was given."""

    till = serializers.ChoiceField(
        choices=RefundTill.choices, help_text="From the drawer, or by the card terminal."
    )
    how_ref = RefundText(max_length=60, help_text="The number of the slip or of the receipt.")


class RefundFilter(serializers.Serializer):  # type: ignore[type-arg]
    """Which refunds staff want to see."""

    status = serializers.ListField(
        child=serializers.ChoiceField(choices=RefundStatus.choices),
        required=False,
        max_length=len(RefundStatus),
    )
    reason = serializers.ChoiceField(choices=RefundReason.choices, required=False)
    way = serializers.ChoiceField(choices=RefundWay.choices, required=False)
    number = RefundText(required=False, max_length=20, help_text="The number of one order.")


class RefundOfLineOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Pieces that a refund is for; the tax is in the amount."""

    position = serializers.IntegerField()
    quantity = serializers.IntegerField()
    amount = serializers.DecimalField(10, 2)
    tax = serializers.DecimalField(10, 2)


class RefundLineLeftOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A line of the order, and what of it may still be given back."""

    position = serializers.IntegerField()
    description = serializers.CharField()
    quantity = serializers.IntegerField()
    quantity_left = serializers.IntegerField()
    amount_left = serializers.DecimalField(10, 2)


class RefundableOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What of an order's money may still be asked back."""

    currency = serializers.CharField()
    amount_left = serializers.DecimalField(10, 2)
    lines = RefundLineLeftOutput(many=True)


class RefundWayOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What goes back one way."""

    way = serializers.ChoiceField(choices=RefundWay.choices)
    amount = serializers.DecimalField(10, 2)


class RefundPreviewOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What a refund would come to, its tax included; ``left`` is before it."""

    amount = serializers.DecimalField(10, 2)
    tax = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    ways = RefundWayOutput(many=True)
    left = RefundableOutput()


class CustomerRefundOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A refund as its customer follows it; ``told`` says where it is, in words."""

    id = serializers.UUIDField(source="public_id")
    status = serializers.ChoiceField(choices=RefundStatus.choices)
    amount = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    reason = serializers.CharField()
    told = serializers.CharField()
    explanation = serializers.CharField()
    decision_note = serializers.CharField()
    lines = RefundOfLineOutput(many=True)
    requested_at = serializers.DateTimeField()
    can_withdraw = serializers.BooleanField()


class CustomerRefundsOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The refunds of an order, and what may still be asked for; ``refusal`` says why nothing."""

    refunds = CustomerRefundOutput(many=True)
    refundable = RefundableOutput(allow_null=True, help_text="Null: nothing of it can go back.")
    ask_until = serializers.DateTimeField()
    refusal = serializers.JSONField(allow_null=True)


class RefundOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A refund request as staff see it."""

    id = serializers.UUIDField(source="public_id")
    order = serializers.UUIDField(source="order.public_id")
    number = serializers.CharField(source="order.number")
    amount = serializers.DecimalField(10, 2)
    may_keep = serializers.DecimalField(
        10, 2, help_text="Of it the shop may keep so much as the deposit."
    )
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=RefundStatus.choices)
    reason = serializers.ChoiceField(choices=RefundReason.choices)
    way = serializers.ChoiceField(choices=RefundWay.choices)
    lines = RefundOfLineOutput(many=True)
    explanation = serializers.CharField()
    goods_back = serializers.BooleanField()
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    failure = serializers.CharField()
    payment_intent = serializers.CharField(
        source="payment.payment_intent", default="", help_text="Empty: not paid by card online."
    )


class RefundMoveOutput(serializers.Serializer):  # type: ignore[type-arg]
    """One thing that happened to a request."""

    at = serializers.DateTimeField()
    old = serializers.CharField()
    new = serializers.CharField()
    actor = serializers.CharField()
    reason = serializers.CharField()


class RefundDetailOutput(RefundOutput):
    """The same with its history."""

    history = serializers.SerializerMethodField()

    def __init__(self, *args: Any, moves: Sequence[RefundTransition] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self._moves = moves

    def get_history(self, row: RefundRequest) -> list[dict[str, Any]]:
        """Return what happened to it, oldest first."""
        del row
        return [dict(RefundMoveOutput(move).data) for move in self._moves]


class StaffRefundsOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The refunds of an order, and what of its money is left."""

    refunds = RefundOutput(many=True)
    refundable = RefundableOutput(allow_null=True, help_text="Null: nothing of it can go back.")


def lines_of(given: Sequence[dict[str, int]]) -> tuple[RefundLine, ...]:
    """Return the lines of a checked input."""
    return tuple(RefundLine(line["position"], line["quantity"]) for line in given)


def preview_json(preview: RefundPreview) -> dict[str, Any]:
    """Return a preview as the API tells it."""
    return dict(RefundPreviewOutput(preview).data)


def customer_json(
    refunds: Sequence[CustomerRefund], left: Refundable | None, **rest: Any
) -> dict[str, Any]:
    """Return the refunds of an order as its customer sees them."""
    return dict(CustomerRefundsOutput({"refunds": refunds, "refundable": left, **rest}).data)
