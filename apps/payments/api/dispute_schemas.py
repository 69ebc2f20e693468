"""What is asked and answered about disputes over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from apps.payments.models import Dispute
from apps.payments.rules.disputes import ANSWER_FIELDS, time_left
from apps.payments.states import UNANSWERED_DISPUTES, DisputeStatus
from bakery.kernel import clock

_FIELDS = ", ".join(field.name for field in ANSWER_FIELDS)
DISPUTE = {
    "id": "du_1PqWxYz",
    "order": "B-260502-7K3M",
    "order_id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
    "amount": "48.00",
    "currency": "CAD",
    "status": "needs_response",
    "reason": "fraudulent",
    "opened_at": "2026-05-20T09:12:00Z",
    "due_by": "2026-05-27T09:12:00Z",
    "time_left": "6 days left",
    "submitted_at": None,
    "submitted_by": "",
    "closed_at": None,
}
REPLY = OpenApiExample("dispute", value=DISPUTE, response_only=True)
ANSWER = OpenApiExample(
    "answer",
    value={
        "answer": {
            "customer_name": "Ada Byron",
            "uncategorized_text": "Handed over on 2026-05-02 14:43 to who knew the pickup code.",
        }
    },
    request_only=True,
)


class DisputeFilter(serializers.Serializer):  # type: ignore[type-arg]
    """Which disputes; all of them by default."""

    status = serializers.MultipleChoiceField(choices=DisputeStatus.choices, required=False)
    number = serializers.CharField(required=False, max_length=20, help_text="Of the order.")


class DisputeOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A dispute; ``id`` is Stripe's."""

    id = serializers.CharField(source="stripe_id")
    order = serializers.CharField(source="order.number")
    order_id = serializers.UUIDField(source="order.public_id")
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=DisputeStatus.choices)
    reason = serializers.CharField(help_text="As Stripe names it.")
    opened_at = serializers.DateTimeField()
    due_by = serializers.DateTimeField(allow_null=True)
    time_left = serializers.SerializerMethodField(help_text="In words; empty when answered.")
    submitted_at = serializers.DateTimeField(allow_null=True)
    submitted_by = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.CharField())
    def get_time_left(self, row: Dispute) -> str:
        """Return how long there is to answer."""
        if row.status not in UNANSWERED_DISPUTES or row.due_by is None:
            return ""
        return time_left(row.due_by, at=clock.now())[0]


class DisputeMoneyOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Money that the dispute took, below zero, or gave back."""

    kind = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    fee = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    balance_transaction = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class DisputeEvidenceOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The frozen archive."""

    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    frozen_at = serializers.DateTimeField()
    files = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_files(self, row: Any) -> Any:
        """Return the path, size and SHA-256 of each file."""
        return row.manifest["files"]


class DisputeDetailOutput(DisputeOutput):
    """The same with its money, its evidence and what was or may be answered."""

    money = DisputeMoneyOutput(many=True, source="moves")
    evidence = DisputeEvidenceOutput(source="archive", allow_null=True, default=None)
    answer = serializers.DictField(child=serializers.CharField(), help_text="What was sent.")
    prepared_answer = serializers.SerializerMethodField(help_text="To be read before it is sent.")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_prepared_answer(self, row: Dispute) -> Any:
        """Return the words that were prepared."""
        return self.context.get("prepared", {})


class DisputeAnswerInput(serializers.Serializer):  # type: ignore[type-arg]
    """The texts of the answer."""

    answer = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        help_text=f"By Stripe's names: {_FIELDS}.",
    )


class DisputeProofOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Whether the archive is what was frozen."""

    valid = serializers.BooleanField()
    sha256 = serializers.CharField()
    files = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())
