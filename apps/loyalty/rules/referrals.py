"""What makes an invitation doubtful. Pure.

One mailbox under two spellings is one person; one phone may be a family, and many invitations in
a week may be a popular customer, so that people decide about these.
"""

from dataclasses import dataclass

from apps.loyalty.states import ReferralState


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a claim; counts are of the last days, without this claim."""

    same_mailbox: bool
    same_phone: bool
    mailbox_seen: bool
    phone_seen: bool
    by_referrer: int
    from_address: int


def judge_claim(signals: Signals, *, many: int) -> tuple[ReferralState, str]:
    """Return the state in which a claim begins, and the reason for one that staff should see."""
    refused = {"same_mailbox": signals.same_mailbox, "mailbox_seen": signals.mailbox_seen}
    held = {
        "same_phone": signals.same_phone,
        "phone_seen": signals.phone_seen,
        "many_by_referrer": signals.by_referrer >= many,
        "many_from_address": signals.from_address >= many,
    }
    for state, found in ((ReferralState.REFUSED, refused), (ReferralState.HELD, held)):
        for reason, holds in found.items():
            if holds:
                return state, reason
    return ReferralState.PENDING, ""


REASONS = {
    "same_mailbox": "Both accounts have the same mailbox, spelled differently.",
    "mailbox_seen": "This mailbox came by an invitation before.",
    "same_phone": "Both accounts have the same phone.",
    "phone_seen": "This phone came by an invitation before.",
    "many_by_referrer": "Unusually many invitations by one account in a short time.",
    "many_from_address": "Unusually many invitations from one address in a short time.",
    "refunded": "The order that earned the reward was refunded.",
    "erased": "The account was erased.",
}
