"""Noticing that Stripe's word does not come through: silence, a backlog, refusals.

Each thing that is watched is an episode: whoever is told is told when it begins, and not again
until it was over.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from apps.payments.models import Payment, StripeEvent, StripeListing
from apps.payments.services import ledger
from apps.payments.states import EventState
from bakery.kernel import episodes

logger = logging.getLogger(__name__)
# So many refused requests in an hour are no accident.
SUSPICIOUS = 5
_COUNTER, _COUNTER_SECONDS = "stripe-webhook-refused", 3600
# Events are applied within seconds; parked ones are tried again every hour.
BACKLOG_AFTER = timedelta(minutes=5)
PARKED_AFTER = timedelta(hours=24)
LISTING_AFTER = timedelta(hours=1)


def count_refusal(*, code: str) -> None:
    """Count a request that Stripe did not sign, in the cache: it must cost nothing that lasts."""
    logger.warning("stripe webhook refused", extra={"code": code})
    if cache.add(_COUNTER, 1, _COUNTER_SECONDS):
        return
    try:
        refused = cache.incr(_COUNTER)
    except ValueError:  # expired meanwhile, or the cache is down
        return
    if refused == SUSPICIOUS:
        logger.error("stripe webhooks keep being refused", extra={"count": refused})


def watch_stripe(*, at: datetime) -> list[str]:
    """Look at everything that is watched, alert where an episode begins; return what is wrong."""
    findings = {
        "silence": _silence(at),
        "backlog": _backlog(at),
        "parked": _parked(at),
        "refused": _refused(),
        "listing": _listing(at),
    }
    return [name for name, text in findings.items() if watch(name=name, text=text, at=at)]


def watch(*, name: str, text: str, at: datetime) -> bool:
    """Keep the episode of ``name``: wrong while ``text`` says what; return whether it is wrong.

    Alerts in the transaction in which the episode begins.
    """
    with transaction.atomic():
        turn = episodes.watch(name=f"payments:{name}", text=text, at=at)
        if turn is episodes.Turn.BEGAN:
            ledger.ask_for_attention(f"{name}:{at.isoformat()}", text, at=at)
    return bool(text)


def _silence(at: datetime) -> str:
    """Say so when money came and Stripe told nothing of it, nor of anything else since."""
    patience = timedelta(minutes=settings.STRIPE_SILENCE_MINUTES)
    delivered = StripeEvent.objects.filter(fetched_at=None).order_by("-received_at")
    heard_at = delivered.values_list("received_at", flat=True).first()
    untold = Payment.objects.filter(recorded_at__lte=at - patience)
    if heard_at is not None:
        untold = untold.filter(recorded_at__gt=heard_at)
    if not untold.exists():
        return ""
    last = f"since {heard_at:%Y-%m-%d %H:%M} UTC" if heard_at else "ever"
    return f"Customers pay, but Stripe has delivered no webhook {last}. Check its endpoint."


def _backlog(at: datetime) -> str:
    waiting = StripeEvent.objects.filter(
        state=EventState.RECEIVED, received_at__lte=at - BACKLOG_AFTER
    ).count()
    return f"{waiting} Stripe events wait for more than 5 minutes to be applied." if waiting else ""


def _parked(at: datetime) -> str:
    parked = StripeEvent.objects.filter(
        state=EventState.PARKED, received_at__lte=at - PARKED_AFTER
    ).count()
    if not parked:
        return ""
    return f"{parked} Stripe events fit no order since yesterday. See Stripe events in the console."


def _refused() -> str:
    refused = int(cache.get(_COUNTER) or 0)
    if refused < SUSPICIOUS:
        return ""
    return (
        f"At least {refused} webhook requests without Stripe's signature in an hour: a wrong"
        " signing secret, or a forger."
    )


def _listing(at: datetime) -> str:
    late = StripeListing.objects.filter(finished_at__lte=at - LISTING_AFTER).exists()
    return "Stripe was not asked for missed payments for over an hour." if late else ""
