"""What of points, invitations and gift cards outlives an erased person.

The ledgers stay: they name an account that is empty by then, amounts and orders. Hashes of
mailboxes and phones go, although nobody can read them, because they still tell people apart.
Points and store credit end with their own dates; nobody is written to.
"""

from datetime import datetime

from django.db import transaction

from apps.loyalty.models import (
    Coupon,
    CustomerUse,
    GiftCard,
    Redemption,
    Referral,
    ReferralCode,
)
from apps.loyalty.selectors.customers import mailbox_of
from apps.loyalty.states import REFERRAL_LIFE, ReferralState
from bakery.kernel.locks import locked
from bakery.kernel.states import transition

# No keyed hash of a mailbox looks like this.
_ERASED = "erased"


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
    """Erase an address that gift cards were mailed to, and what tells its uses of codes apart.

    Returns how many cards those were. A coupon that was for this mailbox alone is nobody's then.
    """
    cards = GiftCard.objects.filter(recipient_email__iexact=email)
    with transaction.atomic():
        if mailbox := mailbox_of(email):
            _forget_uses(f"mail:{mailbox}")
            Coupon.objects.filter(mailbox=mailbox).update(mailbox=_ERASED)
        return cards.update(recipient_email="", greeting="", note="")


def _forget_uses(customer: str) -> None:
    """Drop the count of a customer's uses, and the customer from what was redeemed."""
    CustomerUse.objects.filter(customer=customer).delete()
    for row in locked(Redemption.objects.filter(customers__contains=[customer])):
        row.customers = [key for key in row.customers if key != customer]
        row.save(update_fields=["customers"])
