"""What is asked for by address and carried out through a link in a mail.

`request_registration` and `request_password_reset` write one row and one event whether or not
there is an account: body, status and time are the same because the work is.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from apps.accounts.events import (
    MailboxRequestMade,
    MailboxVerificationRequested,
    MailboxVerified,
    PasswordResetRequested,
    RegistrationRepeated,
)
from apps.accounts.models import MailboxRequest, MailboxToken, User
from apps.accounts.rules import CUSTOMER, MAILBOX_LIFETIMES, digest, new_secret, normal_address
from apps.accounts.services.passwords import replace_password, require_good_password
from apps.accounts.services.profile import record_consents
from apps.accounts.services.trail import note
from apps.accounts.states import MailboxPurpose, MailboxRequestKind
from bakery.kernel import outbox
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import advisory_lock, lock_one


def request_registration(
    *,
    email: str,
    password: str,
    full_name: str,
    phone: str = "",
    language: str = "en",
    consents: Iterable[str] = (),
    at: datetime,
) -> None:
    """Take a registration; the mailbox's owner gets a link, or a notice if they have an account.

    ``consents`` names what the person ticked. Raises `Invalid` (``weak_password``).
    """
    require_good_password(password, email=email, full_name=full_name)
    _submit(
        MailboxRequest(
            kind=MailboxRequestKind.REGISTER,
            email=normal_address(email),
            password=make_password(password),
            full_name=full_name,
            phone=phone,
            language=language,
            consents=sorted(consents),
            at=at,
        )
    )


def request_password_reset(*, email: str, at: datetime) -> None:
    """Take a request for a reset link; nothing is mailed to an address without an account."""
    _submit(MailboxRequest(kind=MailboxRequestKind.RESET, email=normal_address(email), at=at))


def _submit(request: MailboxRequest) -> None:
    with transaction.atomic():
        request.save()
        outbox.emit(MailboxRequestMade(request_id=request.pk), key=str(request.pk), at=request.at)


def carry_out_mailbox_request(*, request_id: int, at: datetime) -> None:
    """Do what a `MailboxRequest` asks for, and delete it; a second time does nothing."""
    with transaction.atomic():
        request = MailboxRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            return
        advisory_lock(f"mailbox:{request.email}")
        user = User.objects.filter(email=request.email).first()
        if request.kind == MailboxRequestKind.RESET:
            _answer_reset(user, request, at=at)
        else:
            _answer_registration(user, request, at=at)
        request.delete()


def _answer_reset(user: User | None, request: MailboxRequest, *, at: datetime) -> None:
    if user is not None and user.is_active:
        outbox.emit(PasswordResetRequested(user_id=user.pk), key=str(request.pk), at=at)


def _answer_registration(user: User | None, request: MailboxRequest, *, at: datetime) -> None:
    if user is not None and (user.email_verified_at or user.is_staff or not user.is_active):
        outbox.emit(RegistrationRepeated(user_id=user.pk), key=str(request.pk), at=at)
        return
    if user is None:
        user = User(email=request.email)
    # Not confirmed yet: the newest registration holds, and links of earlier ones end, so that
    # a link confirms the registration that it was mailed for and no stranger's password.
    user.password = request.password
    user.full_name, user.phone = request.full_name, request.phone
    user.language = request.language
    user.save()
    user.groups.add(Group.objects.get_or_create(name=CUSTOMER)[0])
    MailboxToken.objects.filter(user=user, used_at=None).update(used_at=at)
    decisions = dict.fromkeys(request.consents, True)
    record_consents(user_id=user.pk, decisions=decisions, source="registration", at=at)
    outbox.emit(MailboxVerificationRequested(user_id=user.pk), key=str(request.pk), at=at)


def mint_mailbox_token(*, user_id: int, purpose: str, at: datetime) -> str:
    """Return a new secret for a mailed link; only its digest is stored.

    Lifetimes: `rules.MAILBOX_LIFETIMES`. Raises `NotFound` for a user who is gone or disabled.
    """
    users = User.objects.filter(pk=user_id, is_active=True)
    token = new_secret()
    with transaction.atomic():
        user = lock_one(users, what="user")
        MailboxToken.objects.create(
            user=user,
            purpose=MailboxPurpose(purpose),
            digest=digest(token),
            created_at=at,
            expires_at=at + MAILBOX_LIFETIMES[purpose],
        )
    return token


def _spend(token: str, purpose: MailboxPurpose, *, at: datetime) -> User:
    """Use a link up and return its owner, locked; raise `Invalid` (``link_invalid``)."""
    rows = MailboxToken.objects.filter(digest=digest(token), purpose=purpose)
    if not rows.filter(used_at=None, expires_at__gt=at).update(used_at=at):
        raise Invalid(
            "link_invalid", "This link was used already or is too old. Ask for a new one."
        )
    user_id = rows.values_list("user_id", flat=True).get()
    return lock_one(User.objects.filter(pk=user_id, is_active=True), what="user")


def verify_mailbox(*, token: str, at: datetime) -> User:
    """Confirm the mailbox that the link was mailed to. Raises `Invalid` (``link_invalid``)."""
    with transaction.atomic():
        user = _spend(token, MailboxPurpose.VERIFY, at=at)
        if user.email_verified_at is None:
            user.email_verified_at = at
            user.save(update_fields=["email_verified_at"])
            note(user_id=user.pk, action="verify_mailbox", actor=f"user:{user.pk}", at=at)
            outbox.emit(MailboxVerified(user_id=user.pk), key=str(user.pk), at=at)
    return user


def reset_password(*, token: str, password: str, at: datetime) -> User:
    """Choose a new password through a mailed link; ends every session, opens none.

    Whoever reads the mailbox has confirmed it as well. Raises `Invalid` (``link_invalid``,
    ``weak_password``); a weak password does not use the link up.
    """
    owner = User.objects.filter(
        pk__in=MailboxToken.objects.filter(digest=digest(token)).values("user_id")
    ).first()
    if owner is None:
        raise Invalid(
            "link_invalid", "This link was used already or is too old. Ask for a new one."
        )
    require_good_password(password, email=owner.email, full_name=owner.full_name)
    encoded = make_password(password)
    with transaction.atomic():
        user = _spend(token, MailboxPurpose.RESET, at=at)
        if user.email_verified_at is None:
            User.objects.filter(pk=user.pk).update(email_verified_at=at)
            outbox.emit(MailboxVerified(user_id=user.pk), key=str(user.pk), at=at)
        return replace_password(user_id=user.pk, encoded=encoded, at=at)
