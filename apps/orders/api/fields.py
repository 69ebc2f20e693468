"""Text fields as strict as JSON's own types (numbers: `bakery.edge.fields`)."""

from typing import Any

from rest_framework import serializers


class StrictCharField(serializers.CharField):
    """Takes JSON texts only, and as they are; numbers are refused, blanks are kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the text or raise the field's error ``invalid``."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))
