"""The second person's decision about a refund, and trying again what did not go through."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.payments.models import RefundRequest


def approve_refund(
    *, public_id: UUID | str, by: str, at: datetime, lower_to: Decimal | None = None
) -> RefundRequest:
    """Let a refund be given back, all of it or only ``lower_to``.

    Raises `NotFound` ``refund_not_found``; `Refused` ``own_request`` (kept in the audit trail);
    `Invalid` ``bad_amount``; `Conflict` ``illegal_transition``, ``payment_disputed``,
    ``too_much``.
    """
    raise NotImplementedError


def reject_refund(*, public_id: UUID | str, by: str, note: str, at: datetime) -> RefundRequest:
    """Do not give the money back; the customer is told ``note``.

    Raises `NotFound` ``refund_not_found``; `Invalid` ``bad_note``; `Conflict`
    ``illegal_transition``.
    """
    raise NotImplementedError


def withdraw_refund(*, public_id: UUID | str, by: str, at: datetime) -> RefundRequest:
    """Take a request back that nobody decided yet; only who asked for it may, else `Refused`.

    Raises `NotFound` ``refund_not_found``; `Refused` ``not_yours``; `Conflict`
    ``illegal_transition``.
    """
    raise NotImplementedError


def try_refund_again(*, public_id: UUID | str, by: str, at: datetime) -> RefundRequest:
    """Send a refund again that failed; the approval of it stands.

    Raises `NotFound` ``refund_not_found``; `Conflict` ``illegal_transition``,
    ``payment_disputed``, ``too_much``.
    """
    raise NotImplementedError
