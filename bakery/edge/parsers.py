"""JSON as the API accepts it: UTF-8, of bounded depth, storable in PostgreSQL."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 20
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


def _refuse_constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON.", code="malformed_json")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ParseError("A number is out of range.", code="malformed_json")
    return value


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ParseError("A key appears twice in one object.", code="duplicate_key")
    return result


def check_storable(value: Any, depth: int = 0) -> None:
    """Raise ParseError for NUL, lone surrogates, and nesting deeper than `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise ParseError(f"JSON nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise ParseError("Text with NUL or half a character.", code="unstorable_text")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_storable(key, depth + 1)
            check_storable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_storable(item, depth + 1)


class StrictJSONParser(BaseParser):
    """Parses what RFC 8259 allows and nothing else; every fault is a 400 with its own code."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body, or raise ParseError."""
        try:
            # DRF hands over the raw stream, which knows nothing of Django's limit.
            raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise RequestDataTooBig
            data = json.loads(
                raw.decode("utf-8"),
                parse_constant=_refuse_constant,
                parse_float=_finite_float,
                object_pairs_hook=_refuse_duplicates,
            )
        except RecursionError as error:
            raise ParseError("JSON nested too deep.", code="too_deep") from error
        except (UnicodeDecodeError, ValueError) as error:
            raise ParseError(
                "The body is not valid JSON in UTF-8.", code="malformed_json"
            ) from error
        check_storable(data)
        return data
