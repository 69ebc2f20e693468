"""What a till may report, and how its reports are signed and numbered."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.inventory.rules.quantities import MAX_QUANTITY
from apps.inventory.states import TillKind
from bakery.kernel.clock import parse_moment
from bakery.kernel.errors import Invalid

SCHEME = "v1"
MAX_BATCH = 500
MAX_SEQ = 10**12
MAX_RANGES = 50
_TEXTS = {"sku": 40, "reason": 300, "counted_by": 120}
_FIELDS = frozenset({"seq", "kind", "quantity", "verified", "occurred_at", *_TEXTS})


@dataclass(frozen=True)
class Report:
    """One report of a till. ``quantity`` is pieces sold, brought back or, for a count, there."""

    seq: int
    kind: str
    sku: str
    quantity: int
    occurred_at: datetime
    verified: bool = False
    reason: str = ""
    counted_by: str = ""

    @property
    def digest(self) -> str:
        """Name the content, so that one number never stands for two reports."""
        content = [
            self.seq, self.kind, self.sku, self.quantity, self.occurred_at.isoformat(),
            self.verified, self.reason, self.counted_by,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read_report(raw: Any) -> Report:
    """Return a report out of JSON; raise `Invalid` ``bad_delta`` naming the field."""
    if not isinstance(raw, Mapping):
        raise _bad("delta", "A delta is an object.")
    if unknown := sorted(raw.keys() - _FIELDS):
        raise _bad(str(unknown[0])[:40], "There is no such field.")
    kind = raw.get("kind")
    if kind not in TillKind.values:
        raise _bad("kind", f"One of {', '.join(TillKind.values)}.")
    verified = raw.get("verified", False)
    if type(verified) is not bool:
        raise _bad("verified", "True or false.")
    lowest = 0 if kind == TillKind.COUNT else 1
    return Report(
        seq=_whole(raw, "seq", 1, MAX_SEQ),
        kind=str(kind),
        quantity=_whole(raw, "quantity", lowest, MAX_QUANTITY),
        occurred_at=_moment(raw.get("occurred_at")),
        verified=verified,
        **{name: _text(raw, name, longest) for name, longest in _TEXTS.items()},
    )


def _bad(field: str, message: str) -> Invalid:
    return Invalid("bad_delta", message, details={"field": field})


def _whole(raw: Mapping[str, Any], name: str, lowest: int, highest: int) -> int:
    value = raw.get(name)
    if type(value) is not int or not lowest <= value <= highest:
        raise _bad(name, f"A whole number from {lowest} to {highest}.")
    return value


def _text(raw: Mapping[str, Any], name: str, longest: int) -> str:
    value = raw.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (name == "sku" and not value.strip()):
        raise _bad(name, f"Text of at most {longest} characters.")
    return value.strip()


def _moment(value: Any) -> datetime:
    try:
        return parse_moment(value if isinstance(value, str) else "")
    except Invalid as error:
        raise _bad("occurred_at", error.message) from error


def verdict_on_count(report: Report, *, kept_by_till: bool) -> str:
    """Return why a count is a person's to decide, "" if it may be applied.

    A zero out of a till that was reset, or out of an empty field, has emptied shops. So nothing
    absolute is believed unless the till is the one that counts this, and a person stands for it.
    """
    if not kept_by_till:
        return "kept_by_platform"
    if not (report.verified and report.reason and report.counted_by):
        return "unverified_count"
    return ""


def missing_ranges(known: Sequence[int], *, after: int) -> list[list[int]]:
    """Return [first, last] of every gap between ``after`` and the sorted ``known`` numbers."""
    gaps = []
    for seq in known:
        if seq > after + 1:
            gaps.append([after + 1, seq - 1])
        after = max(after, seq)
    return gaps[:MAX_RANGES]


def sign(key: str, *, till: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Return the signature of a call: HMAC-SHA256 over all that it means, in hexadecimal."""
    head = "\n".join([SCHEME, till, timestamp, method.upper(), path, ""]).encode()
    return f"{SCHEME}={hmac.new(key.encode(), head + body, hashlib.sha256).hexdigest()}"


def keys_of(till: str, entries: Iterable[str]) -> list[str]:
    """Return the keys of a till out of ``till:key`` entries; several during a rotation."""
    pairs = (entry.partition(":") for entry in entries)
    return [key for code, _, key in pairs if code == till and key]
