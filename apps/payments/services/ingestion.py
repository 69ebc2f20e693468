"""Taking in what Stripe sends: proven, stored once, acknowledged; everything else comes later."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.payments.adapters.stripe_signature import verify_signature
from apps.payments.events import StripeEventReceived
from apps.payments.models import StripeEvent
from apps.payments.rules.subjects import parse_event, read_header
from bakery.kernel import outbox


def receive_event(*, body: bytes, signature: str | None, at: datetime) -> str:
    """Store an authentic event, once however often it is sent, and return its id.

    Nothing is written before the signature is proven. Raises `Invalid` with ``bad_signature``,
    ``signature_too_old`` or ``bad_event``.
    """
    text = verify_signature(body, signature, secrets=settings.STRIPE_WEBHOOK_SECRETS, at=at)
    return store_event(text, at=at)


def store_event(text: str, *, at: datetime, was_fetched: bool = False) -> str:
    """Store an event that is known to be Stripe's, to be applied, and return its id.

    ``was_fetched`` when no webhook brought it. Raises `Invalid` ``bad_event``.
    """
    header = read_header(parse_event(text))
    event = StripeEvent(
        id=header.id,
        type=header.type,
        livemode=header.livemode,
        api_created=header.created,
        object_id=header.object_id,
        payload=text,
        received_at=at,
        fetched_at=at if was_fetched else None,
    )
    with transaction.atomic():
        StripeEvent.objects.bulk_create([event], ignore_conflicts=True)
        outbox.emit(StripeEventReceived(event_id=header.id), key=header.id, at=at)
    return header.id
