"""Serializer fields of the API that DRF is too forgiving about."""

from typing import Any

from rest_framework import serializers


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction: "1", 1.0 and true are a client's mistake."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse every other type before its value is looked at."""
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))
