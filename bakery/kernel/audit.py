"""The audit trail: append-only, hash-chained, so that a changed row is found.

``hash = HMAC-SHA256(AUDIT_KEY, canonical JSON of the row with the previous hash)``. Inserts are
serialised by an advisory lock: the chain cannot fork. Cutting its tail is visible only against a
head that is kept elsewhere, so `head` is logged and stored hourly.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django_guid import get_guid

from bakery.kernel.locks import advisory_lock
from bakery.kernel.models import AuditEntry

GENESIS = "0" * 64
_BATCH = 2000
_LONGEST_VALUE = 10_000
client_address: ContextVar[str] = ContextVar("client_address", default="")


@dataclass(frozen=True)
class Head:
    """The newest link: enough to notice later that links after or before it were cut."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What verification found; ``bad_seq`` is the first sequence number that does not fit."""

    ok: bool
    checked: int
    bad_seq: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What `record` takes, for those who record many at once."""

    actor: str
    action: str
    object_type: str
    object_id: str | int
    at: datetime
    actor_id: int | None = None
    changes: Mapping[str, Any] | None = None
    reason: str = ""


def _digest(content: Mapping[str, Any]) -> str:
    key = (settings.AUDIT_KEY or settings.SECRET_KEY).encode()
    canonical = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, cls=DjangoJSONEncoder
    )
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()


def _storable(text: str, longest: int) -> str:
    """Return ``text`` as PostgreSQL can keep it: a hostile value must not prevent its own trace."""
    clean = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return clean.encode("utf-8", "replace").decode()[:longest]


def _storable_json(value: Any) -> Any:
    """Return ``value`` as JSON that JSONB keeps unchanged; there 1e20 loses its spelling."""
    if isinstance(value, Mapping):
        return {_storable(str(name), 200): _storable_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable_json(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    return _storable(str(value), _LONGEST_VALUE)


def record(
    *,
    actor: str,
    action: str,
    object_type: str,
    object_id: str | int,
    at: datetime,
    actor_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Append one entry in the caller's transaction (or its own) and return it.

    ``changes`` maps a field to ``[before, after]``. The account is taken from an actor such as
    "user:7"; ``actor_id`` is for those who go by another name. The client's address and the
    request id are taken from the context that the edge has set. Call it last in a transaction:
    until that ends, everybody else's entry waits.
    """
    change = Change(
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        at=at,
        actor_id=actor_id,
        changes=changes,
        reason=reason,
    )
    with transaction.atomic():
        advisory_lock("audit-chain")
        last = AuditEntry.objects.order_by("-seq").only("seq", "hash").first()
        entry = _link(change, last)
        entry.save(force_insert=True)
    return entry


def record_all(changes: Sequence[Change]) -> None:
    """Append many entries, in their order, at the price of a few statements.

    For work that changes thousands of rows in one transaction: called at its end, it holds
    everybody else's entries up for a moment instead of for the whole work.
    """
    if not changes:
        return
    with transaction.atomic():
        advisory_lock("audit-chain")
        last = AuditEntry.objects.order_by("-seq").only("seq", "hash").first()
        entries: list[AuditEntry] = []
        for change in changes:
            last = _link(change, last)
            entries.append(last)
        AuditEntry.objects.bulk_create(entries, batch_size=500)


def _link(change: Change, last: AuditEntry | None) -> AuditEntry:
    """Return the entry that follows ``last`` in the chain; the caller holds the chain's lock."""
    entry = AuditEntry(
        seq=last.seq + 1 if last else 1,
        # As the database gives it back, or the hash would not fit what is read.
        at=change.at.astimezone(UTC),
        actor=_storable(change.actor, 200),
        actor_id=_account_of(change.actor) if change.actor_id is None else change.actor_id,
        action=_storable(change.action, 100),
        object_type=_storable(change.object_type, 100),
        object_id=_storable(str(change.object_id), 100),
        changes=_storable_json(change.changes or {}),
        reason=_storable(change.reason, 500),
        address=_storable(client_address.get(), 64),
        request_id=get_guid() or "",
        prev_hash=last.hash if last else GENESIS,
    )
    entry.hash = _digest(entry.content())
    return entry


def _account_of(actor: str) -> int | None:
    """Return the key that an actor such as "user:7" names."""
    kind, _, number = actor.partition(":")
    is_key = kind == "user" and number.isascii() and number.isdigit()
    return int(number) if is_key else None


def head() -> Head | None:
    """Return the newest link, or None while the trail is empty."""
    last = AuditEntry.objects.order_by("-seq").only("seq", "hash").first()
    return Head(last.seq, last.hash) if last else None


def verify(*, against: Head | None = None) -> Verdict:
    """Walk the chain from its start and compare it with a head kept elsewhere, if one is given."""
    expected_seq, previous, checked, seen = 1, GENESIS, 0, None
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=_BATCH):
        if entry.seq != expected_seq:
            return Verdict(
                ok=False, checked=checked, bad_seq=expected_seq, reason="an entry is missing"
            )
        if entry.prev_hash != previous:
            return Verdict(
                ok=False,
                checked=checked,
                bad_seq=entry.seq,
                reason="does not follow the entry before it",
            )
        if not hmac.compare_digest(entry.hash, _digest(entry.content())):
            return Verdict(
                ok=False,
                checked=checked,
                bad_seq=entry.seq,
                reason="was changed after it was written",
            )
        if against and entry.seq == against.seq:
            seen = entry.hash
        expected_seq, previous, checked = entry.seq + 1, entry.hash, checked + 1
    if against and seen is None:
        return Verdict(
            ok=False,
            checked=checked,
            bad_seq=expected_seq,
            reason=f"the tail up to #{against.seq} is cut off",
        )
    if against and seen != against.hash:
        return Verdict(
            ok=False,
            checked=checked,
            bad_seq=against.seq,
            reason="is not the entry that the kept head names",
        )
    return Verdict(ok=True, checked=checked)
