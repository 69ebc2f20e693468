"""Invitations: a code for each account, claims by who came, decisions by staff."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.loyalty.models import Referral, ReferralCode
from apps.loyalty.rules.gift_codes import REFERRAL_LENGTH, new_referral_code, read_code
from apps.loyalty.rules.mailboxes import mailbox_key
from apps.loyalty.rules.referrals import Signals, judge_claim
from apps.loyalty.selectors.promotions import has_bought
from apps.loyalty.states import REFERRAL_LIFE, ReferralState
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import advisory_lock, lock_one
from bakery.kernel.logs import fingerprint
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

if TYPE_CHECKING:
    from apps.accounts.models import User

_TRIES = 5


def referral_code(*, user_id: int, at: datetime) -> str:
    """Return the code by which an account invites, made at the first question."""
    found = ReferralCode.objects.filter(pk=user_id).first()
    for _ in range(_TRIES):
        if found is not None:
            return found.code
        # Taken is either the code, by somebody else, or the account's row, by another question.
        insert_unless_taken(ReferralCode(user_id=user_id, code=new_referral_code(), created_at=at))
        found = ReferralCode.objects.filter(pk=user_id).first()
    raise RuntimeError("no free code in five tries: the random generator is broken")


def claim_referral(*, user_id: int, code: str, address: str, at: datetime) -> Referral:
    """Note by whom an account was brought; the reward waits for its first collected order.

    ``address`` is the client's network address; kept as a keyed hash, as mailbox and phone are.
    The returned row is ``pending``, or ``held`` or ``refused`` for review with a reason that only
    staff see. Raises `Invalid` ``referral_unknown``, and `Conflict`: ``referral_own`` for one's
    own code, ``referral_claimed`` when the account has one, ``referral_late`` after
    LOYALTY_REFERRAL_DAYS, ``referral_not_new`` after a first order, ``referral_unverified``
    before the mailbox is confirmed.
    """
    with transaction.atomic():
        owner = _owner_of(code)
        if owner.user_id == user_id:
            raise Conflict("referral_own", "This is your own code: give it to somebody else.")
        referred = _require_new(user_id, at=at)
        prints = {
            "mailbox_print": _print("mailbox", mailbox_key(referred.email)),
            "phone_print": _print("phone", str(referred.phone)),
            "address_print": _print("address", address),
        }
        # Counts must not miss claims that are being made at the same moment.
        advisory_lock(f"referral-address:{prints['address_print']}")
        signals = _signals(owner.user_id, referred, prints, at=at)
        state, reason = judge_claim(signals, many=settings.LOYALTY_REFERRALS_MANY)
        referral = Referral(
            referrer_id=owner.user_id,
            referred_id=user_id,
            state=state,
            reason=reason,
            referrer_points=settings.LOYALTY_REFERRER_POINTS,
            referred_points=settings.LOYALTY_REFERRED_POINTS,
            claimed_at=at,
            **prints,
        )
        if not insert_unless_taken(referral):
            raise _claimed()
    return referral


def decide_referral(
    *, referral_id: int, accept: bool, actor: str, reason: str, at: datetime
) -> Referral:
    """Let an invitation count, or refuse it; ``reason`` is kept in history and audit trail.

    A refused one may still be accepted, one that was rewarded may not be refused: take the points
    instead. Raises `NotFound`, `Invalid` ``reason_required``, `Conflict` ``illegal_transition``.
    """
    if not reason.strip():
        raise Invalid("reason_required", "Say why.", details={"field": "reason"})
    to = ReferralState.PENDING if accept else ReferralState.REFUSED
    with transaction.atomic():
        referral = lock_one(Referral.objects.filter(pk=referral_id), what="referral")
        old = referral.state
        transition(referral, machine=REFERRAL_LIFE, to=to, actor=actor, at=at, reason=reason[:500])
        audit.record(
            actor=actor,
            action="loyalty.decide_referral",
            object_type="loyalty.referral",
            object_id=referral.pk,
            changes={"state": [old, to.value]},
            reason=reason,
            at=at,
        )
    return referral


def _owner_of(code: str) -> ReferralCode:
    """Lock the inviting account's code, so that its claims are counted one after the other."""
    text = read_code(code, length=REFERRAL_LENGTH)
    rows = ReferralCode.objects.filter(code=text, user__is_active=True)
    try:
        return lock_one(rows, what="referral")
    except NotFound as error:
        raise Invalid("referral_unknown", "Nobody invites with this code.") from error


def _require_new(user_id: int, *, at: datetime) -> "User":
    user = accounts.user(user_id)
    if user is None or not user.is_active:
        raise NotFound("user_not_found", "There is no such account.")
    if Referral.objects.filter(referred_id=user_id).exists():
        raise _claimed()
    if user.email_verified_at is None:
        raise Conflict("referral_unverified", "Confirm your mailbox first.")
    if at - user.created_at > timedelta(days=settings.LOYALTY_REFERRAL_DAYS):
        days = settings.LOYALTY_REFERRAL_DAYS
        raise Conflict("referral_late", f"A code counts within {days} days of registration.")
    if has_bought(user_id, user.email):
        raise Conflict("referral_not_new", "A code counts before the first order only.")
    return user


def _claimed() -> Conflict:
    return Conflict("referral_claimed", "This account came by an invitation already.")


def _print(kind: str, value: str) -> str:
    return fingerprint(f"referral-{kind}:{value}") if value else ""


def _signals(
    referrer_id: int, referred: "User", prints: dict[str, str], *, at: datetime
) -> Signals:
    referrer = accounts.user(referrer_id)
    phone, mailbox = prints["phone_print"], prints["mailbox_print"]
    recent = Referral.objects.filter(
        claimed_at__gt=at - timedelta(days=settings.LOYALTY_REFERRALS_WINDOW_DAYS)
    )
    address = prints["address_print"]
    return Signals(
        same_mailbox=referrer is not None
        and mailbox_key(referrer.email) == mailbox_key(referred.email),
        same_phone=bool(phone)
        and referrer is not None
        and _print("phone", str(referrer.phone)) == phone,
        mailbox_seen=Referral.objects.filter(mailbox_print=mailbox).exists(),
        phone_seen=bool(phone) and Referral.objects.filter(phone_print=phone).exists(),
        by_referrer=recent.filter(referrer_id=referrer_id).count(),
        from_address=recent.filter(address_print=address).count() if address else 0,
    )
