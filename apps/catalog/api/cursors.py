"""Cursors of the product list: a position of one ordering as one word in an address."""

import base64
import binascii
import json
import re

from rest_framework.exceptions import ValidationError

from apps.catalog.selectors import Position, key_count

_LONGEST = 2000
_ID = re.compile("[0-9]{1,18}")
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


def write_cursor(position: Position, *, ordering: str) -> str:
    """Return ``position`` as text for an address; `read_cursor` takes it back."""
    content = [ordering, int(position.is_backwards), *position.keys]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, *, ordering: str) -> Position | None:
    """Return the position, None for no cursor; raise ValidationError for what we never wrote."""
    if not text:
        return None
    try:
        padded = text[:_LONGEST] + "=" * (-len(text[:_LONGEST]) % 4)
        content = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise refused() from error
    if not _is_ours(content, ordering):
        raise refused()
    return Position(tuple(content[2:]), is_backwards=bool(content[1]))


def refused() -> ValidationError:
    """Return the error for a cursor that belongs to no list, or to one in another order."""
    return ValidationError({"cursor": ["Not a cursor of this list; begin without one."]})


def _is_ours(content: object, ordering: str) -> bool:
    return (
        isinstance(content, list)
        and len(content) == 2 + key_count(ordering)
        and content[0] == ordering
        and content[1] in (0, 1)
        and all(isinstance(key, str) and not _UNSTORABLE.search(key) for key in content[2:])
        and _ID.fullmatch(content[-1]) is not None
    )
