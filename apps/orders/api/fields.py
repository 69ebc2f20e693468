"""Input as strict as JSON's own types: a number is not a text, one and a half is not a number."""

from typing import Any

from rest_framework import serializers


class StrictIntegerField(serializers.IntegerField):
    """Takes JSON integers only; "1", 1.0 and true are refused."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer or raise the field's error ``invalid``."""
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class StrictCharField(serializers.CharField):
    """Takes JSON texts only, and as they are; numbers are refused, blanks are kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the text or raise the field's error ``invalid``."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))
