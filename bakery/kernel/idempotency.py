"""Keyed requests: the same key and body get the same reply, once and for all.

The key's row is inserted in the same transaction as the work. A parallel request with the key
waits on the unique index until the first commits and then reads its reply; a crash rolls back
both, so that a retry does the work again. A refusal rolls back too: it left nothing to repeat.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from bakery.kernel.errors import DomainError, Invalid
from bakery.kernel.models import IdempotencyKey
from bakery.kernel.rows import insert_unless_taken


class KeyReused(DomainError):
    """The key was used before for another request body."""

    status = 422


@dataclass(frozen=True)
class Reply:
    """A status and a JSON body; ``replayed`` when it was given before."""

    status: int
    body: Any
    replayed: bool = False


def fingerprint(*parts: Any) -> str:
    """Return the digest that tells whether two requests are the same."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def run_once(
    *, scope: str, key: str, request: str, at: datetime, work: Callable[[], Reply]
) -> Reply:
    """Run ``work`` for the first request with ``key`` in ``scope``, replay its reply to others.

    ``request`` is the `fingerprint` of the request. Raises `KeyReused` when it differs from the
    first one's, `Invalid` for a key that is empty or over 200 characters.
    """
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid(
            "bad_idempotency_key", "An Idempotency-Key has 1 to 200 printable characters."
        )
    with transaction.atomic():
        row = IdempotencyKey(scope=scope, key=key, fingerprint=request, at=at)
        if not insert_unless_taken(row):
            return _replay(IdempotencyKey.objects.get(scope=scope, key=key), request)
        reply = work()
        text = json.dumps(reply.body, cls=DjangoJSONEncoder)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_idempotencykey SET status = %s, body = %s::jsonb WHERE id = %s",
                (reply.status, text, row.pk),
            )
        return Reply(reply.status, json.loads(text))


def _replay(row: IdempotencyKey, request: str) -> Reply:
    if row.fingerprint != request:
        raise KeyReused(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Use a new key.",
        )
    assert row.status is not None  # noqa: S101 - key and reply commit together
    return Reply(row.status, row.body, replayed=True)


def purge(*, before: datetime, limit: int = 5000) -> int:
    """Delete up to ``limit`` keys first used before ``before`` and return the count."""
    ids = IdempotencyKey.objects.filter(at__lt=before).order_by("pk").values("pk")[:limit]
    return IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
