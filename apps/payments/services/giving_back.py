"""Giving approved money back: at Stripe, at the counter, to a gift card; once, come what may."""

from datetime import datetime
from uuid import UUID

from apps.payments.models import RefundRequest


def give_back_by_hand(
    *, public_id: UUID | str, by: str, how_ref: str, at: datetime
) -> RefundRequest:
    """Write down that an approved refund was given at the counter; ``how_ref`` is its slip.

    Also one that failed at Stripe and is paid out instead. Raises `NotFound`
    ``refund_not_found``; `Invalid` ``bad_ref``; `Conflict` ``illegal_transition``,
    ``not_by_hand``.
    """
    raise NotImplementedError
