"""What of points, invitations and gift cards outlives an erased person.

The ledgers stay: they name an account that is empty by then, amounts and orders. Hashes of
mailboxes and phones go, although nobody can read them, because they still tell people apart.
Points and store credit end with their own dates; nobody is written to.
"""

from datetime import datetime

from django.db import transaction

from apps.loyalty.models import GiftCard, Referral, ReferralCode
from apps.loyalty.states import REFERRAL_LIFE, ReferralState
from bakery.kernel.locks import locked
from bakery.kernel.states import transition


def forget_person(*, user_id: int, at: datetime) -> None:
    """Erase what identifies an account's owner here; again changes nothing."""
    with transaction.atomic():
        ReferralCode.objects.filter(pk=user_id).delete()
        for referral in locked(Referral.objects.filter(referred_id=user_id)):
            if referral.state == ReferralState.PENDING:
                transition(
                    referral,
                    machine=REFERRAL_LIFE,
                    to=ReferralState.REFUSED,
                    actor="system",
                    at=at,
                    reason="erased",
                )
        Referral.objects.filter(referred_id=user_id).update(
            mailbox_print="", phone_print="", address_print=""
        )
        GiftCard.objects.filter(user_id=user_id).update(recipient_email="", greeting="", note="")


def forget_mailbox(*, email: str) -> int:
    """Erase an address that gift cards were mailed to; return how many cards those were."""
    cards = GiftCard.objects.filter(recipient_email__iexact=email)
    return cards.update(recipient_email="", greeting="", note="")
