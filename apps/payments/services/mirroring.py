"""Copying what Stripe has into dj-stripe's tables, for staff to look at; nothing depends on it."""

from apps.payments.adapters import mirror, stripe_gateway
from apps.payments.models import Dispute, Refund


def mirror_session(*, session_id: str) -> None:
    """Copy a session with its payment. Raises `Unavailable` while Stripe does not answer."""
    session = stripe_gateway.fetch_session(session_id)
    if session is not None:
        mirror.copy_session(session.raw)


def mirror_refund(*, refund_id: int) -> None:
    """Copy a refund, unless it was given back by hand; else as `mirror_session`."""
    refund = Refund.objects.filter(pk=refund_id).exclude(stripe_id=None).first()
    if refund is not None and refund.stripe_id:
        mirror.load_refund(refund.stripe_id)


def mirror_dispute(*, dispute_id: int) -> None:
    """Copy a dispute; else as `mirror_session`."""
    stripe_id = Dispute.objects.filter(pk=dispute_id).values_list("stripe_id", flat=True).first()
    if stripe_id:
        mirror.load_dispute(stripe_id)
