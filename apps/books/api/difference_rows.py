"""What requests about differences and their replies look like."""

from typing import Any

from rest_framework import serializers

from apps.books.models import Difference
from apps.books.rules.differences import WORDS


class ExplainInput(serializers.Serializer[Any]):
    """Why it is right as it is."""

    text = serializers.CharField(min_length=3, max_length=500)


class CompareInput(serializers.Serializer[Any]):
    """Days of the shop, both included."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()


class BooksDifferenceView(serializers.Serializer[Any]):
    """A difference: what each side says in ``facts``, what it means and what to do."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    key = serializers.CharField()
    order = serializers.CharField(source="order.number", allow_null=True, default=None)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    facts = serializers.DictField(child=serializers.CharField())
    meaning = serializers.SerializerMethodField()
    next_step = serializers.SerializerMethodField()
    state = serializers.CharField()
    found_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()
    gone_at = serializers.DateTimeField(allow_null=True)
    owner = serializers.CharField(source="owner.email", allow_null=True, default=None)
    explanation = serializers.CharField()
    explained_by = serializers.CharField()

    def get_meaning(self, row: Difference) -> str:
        """Say what the kind means."""
        words = WORDS.get(row.kind)
        return words.meaning if words else ""

    def get_next_step(self, row: Difference) -> str:
        """Say what to do."""
        words = WORDS.get(row.kind)
        return words.next_step if words else ""


class ReconciliationView(serializers.Serializer[Any]):
    """A comparison: ``compared`` movements at Stripe; ``found`` differences in all."""

    id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    compared = serializers.IntegerField()
    found = serializers.IntegerField()
    new = serializers.IntegerField()
    gone = serializers.IntegerField()
    problem = serializers.CharField()
    started_by = serializers.CharField()
