"""Links that bring a cart back: derived from the secret key and stored nowhere."""

from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare

from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors.rules import current_policy
from bakery.kernel.errors import NotFound
from bakery.kernel.links import derived_token, public_url

_SALT = "apps.recovery.cart-link"
_LONGEST_KEY = 18


def token_of(attempt: RecoveryAttempt) -> str:
    """Return the token of an attempt's link, always the same."""
    return f"{attempt.pk}-{_signature(attempt)}"


def link_to(attempt: RecoveryAttempt) -> str:
    """Return the absolute address that brings the cart back."""
    return public_url(f"/cart/restore/{token_of(attempt)}/")


def attempt_behind(token: str, *, at: datetime) -> RecoveryAttempt:
    """Return the attempt whose link it is.

    Raises `NotFound` ``link_not_found`` alike for one that is unknown, changed or too old.
    """
    key, _, signature = token.partition("-")
    if key.isascii() and key.isdecimal() and len(key) <= _LONGEST_KEY:
        attempt = RecoveryAttempt.objects.filter(pk=int(key)).exclude(message=None).first()
        if attempt is not None and constant_time_compare(signature, _signature(attempt)):
            policy = current_policy(at=at)
            if policy and at < attempt.planned_at + timedelta(days=policy.link_days):
                return attempt
    raise NotFound("link_not_found", "This link is too old, or is not one of ours.")


def _signature(attempt: RecoveryAttempt) -> str:
    return derived_token(f"{attempt.pk}:{attempt.cart_id}", salt=_SALT)
