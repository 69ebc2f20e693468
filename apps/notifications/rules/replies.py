"""What somebody of the roster answers to an alert's text. Pure."""

import re
from dataclasses import dataclass

_CODE = r"(?P<code>\d{4,8})"
_YES = r"(?:ok(?:ay)?|okey|oki|ack|seen|vu|reçu|recu|d ?accord)"
_REPLY = re.compile(rf"(?:(?P<yes>{_YES})\b\s*)?(?:#?\s*{_CODE})?")
_NOISE = re.compile(r"[\s.,;:!'\u2019\"()\-]+")
# Longer than any such answer: nothing is read out of a letter.
_MAX_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An acknowledgement; ``code`` is empty when it names none."""

    code: str


def read_reply(body: str) -> Reply | None:
    """Return the acknowledgement in ``body``: "OK", "ok 4821", "4821"; None for anything else."""
    if len(body) > _MAX_LENGTH:
        return None
    text = _NOISE.sub(" ", body.casefold()).strip()
    found = _REPLY.fullmatch(text) if text else None
    return Reply(code=found["code"] or "") if found else None
