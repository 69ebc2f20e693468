"""Guest orders become an account's: by a mailbox that the account has proved, and by nothing else.

An account logs in only after its own mailbox was confirmed, so orders of that mailbox are its for
the asking. Orders of another mailbox are, once a link that was mailed there is opened by this
account. Whether a mailbox has orders is told to nobody who has not proved it.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from django.db import transaction
from django.utils.crypto import salted_hmac

from apps.accounts import selectors as accounts
from apps.notifications import services as notifications
from apps.orders.events import MailboxClaimed
from apps.orders.models import MailboxClaim, Order
from apps.orders.rules.contact import clean_email
from apps.orders.rules.link_tokens import digest
from apps.orders.selectors.customers import guest_orders
from apps.orders.selectors.mails import language_of
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Invalid, Refused
from bakery.kernel.links import public_url

if TYPE_CHECKING:
    from apps.accounts.models import User

LINK_LIFETIME = timedelta(hours=24)
MAIL = "orders/mail/claim_orders"
_SALT = "apps.orders.mailbox-claim"


class ClaimStep(Protocol):
    """What a higher app gives to an account that has proved a mailbox."""

    def __call__(self, *, user_id: int, email: str, at: datetime) -> int:
        """Give it what a guest with the mailbox has; return how many there were."""


_steps: list[ClaimStep] = []


def also_claim(*, step: ClaimStep) -> None:
    """Let a higher app hand over what it has of a guest, in the same transaction; at start-up."""
    if step not in _steps:
        _steps.append(step)


def claim_own_orders(*, user_id: int, at: datetime) -> int:
    """Give the account the guest orders of its own confirmed mailbox; return how many were new.

    Raises `Refused` ``mailbox_unverified`` and, for people who work here, ``not_a_customer``.
    """
    return _claim(user_id, _claimant(user_id).email, at=at)


def request_claim(*, user_id: int, email: str, at: datetime) -> None:
    """Have a link mailed to ``email`` that gives this account the orders of that mailbox.

    The same is done whether or not there are such orders; a mail is sent only if there are.
    Raises as `claim_own_orders`, and `Invalid` ``bad_email``.
    """
    _claimant(user_id)
    claim = MailboxClaim(
        user_id=user_id,
        email=clean_email(email).lower(),
        digest=uuid4().hex,
        created_at=at,
        expires_at=at + LINK_LIFETIME,
    )
    with transaction.atomic():
        claim.save()
        claim.digest = digest(_token(claim))
        claim.save(update_fields=["digest"])
        outbox.emit(MailboxClaimed(claim_id=claim.pk), key=str(claim.pk), at=at)


def mail_claim(*, claim_id: int, at: datetime) -> None:
    """Write the mail of a claim, if its mailbox has orders to claim."""
    claim = MailboxClaim.objects.filter(pk=claim_id).first()
    newest = guest_orders(claim.email).order_by("-pk").first() if claim is not None else None
    if claim is None or newest is None:
        return
    notifications.send_mail(
        template=MAIL,
        to=claim.email,
        context={"claim_id": claim.pk},
        language=language_of(newest),
        dedupe_key=f"claim:{claim.pk}",
        at=at,
    )


def claim_secrets(*, context: dict[str, Any], at: datetime) -> dict[str, Any]:  # noqa: ARG001 - `SecretSource`
    """Return the link of a claim's mail; its token is made anew and stored nowhere."""
    claim = MailboxClaim.objects.get(pk=context["claim_id"])
    return {"link": public_url(f"/account/claim/?token={_token(claim)}")}


def confirm_claim(*, user_id: int, token: str, at: datetime) -> int:
    """Spend a mailed link and return how many orders came to the account.

    Raises `Invalid` ``link_invalid`` alike for a link that is unknown, spent, too old or of another
    account, and as `claim_own_orders`.
    """
    _claimant(user_id)
    rows = MailboxClaim.objects.filter(digest=digest(token), user_id=user_id)
    with transaction.atomic():
        if not rows.filter(used_at=None, expires_at__gt=at).update(used_at=at):
            raise Invalid("link_invalid", "This link was used already or is too old.")
        return _claim(user_id, rows.values_list("email", flat=True).get(), at=at)


def _token(claim: MailboxClaim) -> str:
    """Derive the token from the secret key, so that a mail that is sent again has the same."""
    text = f"{claim.pk}:{claim.user_id}:{claim.email}:{claim.created_at.timestamp()}"
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()


def _claimant(user_id: int) -> "User":
    user = accounts.user(user_id)
    if user is None or user.is_staff or not user.is_active:
        raise Refused("not_a_customer", "Only a customer's account can have orders.")
    if user.email_verified_at is None:
        raise Refused("mailbox_unverified", "Confirm your e-mail address first.")
    return user


def _claim(user_id: int, email: str, *, at: datetime) -> int:
    """Give the account what is nobody's: one UPDATE, so that no order has two owners."""
    with transaction.atomic():
        mine = list(guest_orders(email).values_list("pk", flat=True))
        count = Order.objects.filter(pk__in=mine, user=None).update(user_id=user_id)
        for step in _steps:
            step(user_id=user_id, email=email, at=at)
        if count:
            audit.record(
                actor="customer",
                actor_id=user_id,
                action="orders.claim",
                object_type="accounts.user",
                object_id=user_id,
                changes={"orders": [0, count]},
                at=at,
            )
    return count
