"""What is not sent yet: kept as it was typed, complete or not, under a number of its own."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.typed import check_shape
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.states import RequestStatus
from apps.orders import services as orders
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.idempotency import KeyReused
from bakery.kernel.rows import insert_unless_taken

LARGEST = 40_000
_TRIES = 20


def save_draft(
    *,
    typed: Mapping[str, Any],
    at: datetime,
    key: UUID | None = None,
    request_id: int | None = None,
    user_id: int | None = None,
) -> CakeRequest:
    """Keep what was typed: under a new ``key``, or in place of the draft ``request_id``.

    The same key with the same content returns the first one. Raises `Invalid` ``draft_too_large``
    and ``bad_draft``, `Conflict` ``sent_already`` and `KeyReused`.
    """
    check_shape(typed)
    if len(json.dumps(typed, default=str)) > LARGEST:
        raise Invalid("draft_too_large", "This is too much text to keep.")
    content = json.loads(json.dumps(typed, default=str))
    with transaction.atomic():
        if request_id is not None:
            return _rewritten(request_id, content, user_id)
        if key is None:
            raise Invalid("key_missing", "A new request needs a key.")
        request, is_new = new_row(key=key, draft=content, user_id=user_id, at=at)
        if not is_new and request.draft != content:
            raise KeyReused("idempotency_key_reused", "This key was used for another request.")
    return request


def new_row(
    *, key: UUID, draft: Mapping[str, Any] | None, user_id: int | None, at: datetime
) -> tuple[CakeRequest, bool]:
    """Return the request of ``key``, made if it is new, and whether it is; in a transaction.

    Waits for whoever is about to make one with the same key.
    """
    for _ in range(_TRIES):
        request = CakeRequest(
            number=orders.new_number(at=at),
            key=key,
            user_id=user_id,
            draft=draft,
            customer_email=_mailbox(draft or {}),
            created_at=at,
        )
        if insert_unless_taken(request):
            return request, True
        found = CakeRequest.objects.filter(key=key).first()
        if found is not None:
            return found, False
    raise Conflict("numbers_taken", "No number was free. Please try again.")


def _rewritten(request_id: int, content: dict[str, Any], user_id: int | None) -> CakeRequest:
    request = lock_request(request_id, expected_version=None)
    if request.status != RequestStatus.DRAFT:
        raise Conflict("sent_already", "This request was sent already. Change it from its page.")
    count_change(request)
    request.draft = content
    request.customer_email = _mailbox(content)
    request.user_id = request.user_id or user_id
    request.save(update_fields=["draft", "customer_email", "user_id"])
    return request


def _mailbox(content: Mapping[str, Any]) -> str:
    """Return the mailbox of a draft if it is one, so that its owner can have it erased."""
    email = content.get("email")
    if not isinstance(email, str) or len(email) > 254:
        return ""
    try:
        validate_email(email.strip())
    except ValidationError:
        return ""
    return email.strip()
