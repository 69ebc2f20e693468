"""Reactions to events: send what is queued, write the mails that accounts ask for."""

from datetime import datetime
from uuid import UUID, uuid4

from apps.accounts import selectors as accounts
from apps.accounts.events import (
    ConsentsChanged,
    MailboxVerificationRequested,
    MailboxVerified,
    PasswordChanged,
    PasswordResetRequested,
    RefreshTokenReused,
    RegistrationRepeated,
)
from apps.accounts.states import ConsentPurpose
from apps.notifications import services
from apps.notifications.events import (
    AlertAcknowledged,
    CallEnded,
    MessageQueued,
    SendingCapReached,
    TestMailAsked,
    UrgentMessageQueued,
)
from apps.notifications.states import Topic
from bakery.kernel import outbox

# More than the message's own attempts: some are spent on finding another process at work on it.
_STARTS = 14


@outbox.handles(UrgentMessageQueued, queue=outbox.CRITICAL, external=True, max_attempts=_STARTS)
def deliver_urgent(event: UrgentMessageQueued, *, at: datetime) -> None:
    """Send an alert."""
    services.deliver_message(message_id=event.message_id, at=at)


@outbox.handles(MessageQueued, external=True, max_attempts=_STARTS)
def deliver(event: MessageQueued, *, at: datetime) -> None:
    """Send a message."""
    services.deliver_message(message_id=event.message_id, at=at)


# Outside of a transaction: each message is withheld in its own.
@outbox.handles(AlertAcknowledged, external=True)
def withhold_rest(event: AlertAcknowledged, *, at: datetime) -> None:
    """Send nothing more of what somebody took charge of."""
    services.withhold_messages(key=event.key, at=at)


@outbox.handles(CallEnded, queue=outbox.CRITICAL)
def call_next(event: CallEnded, *, at: datetime) -> None:
    """Call the next person, unless somebody took charge."""
    services.call_next(message_id=event.message_id, at=at)


@outbox.handles(SendingCapReached, queue=outbox.CRITICAL)
def alert_of_cap(event: SendingCapReached, *, at: datetime) -> None:
    """Tell staff that texts are withheld: pumping, or a cap that is too low."""
    services.alert_of_cap(scope=event.scope, key=event.key, cap=event.cap, at=at)


def _mail_to_user(user_id: int, template: str, *, at: datetime) -> None:
    """Write a mail to an account that still exists.

    The row commits together with the mark that this event was handled, so it is written once per
    event, and a second request for a link is a second mail.
    """
    user = accounts.user(user_id)
    if user is None or not user.is_active:
        return
    services.send_mail(
        template=f"notifications/mail/{template}",
        to=user.email,
        context={"user_id": user_id},
        language=user.language,
        topic=Topic.ACCOUNT,
        dedupe_key=f"{template}:{user_id}:{uuid4()}",
        at=at,
    )


@outbox.handles(MailboxVerificationRequested)
def mail_verification(event: MailboxVerificationRequested, *, at: datetime) -> None:
    """Mail the link that confirms a mailbox."""
    _mail_to_user(event.user_id, "verify_mailbox", at=at)


@outbox.handles(PasswordResetRequested)
def mail_password_reset(event: PasswordResetRequested, *, at: datetime) -> None:
    """Mail the link that lets choose a new password."""
    _mail_to_user(event.user_id, "reset_password", at=at)


@outbox.handles(PasswordChanged)
def mail_password_changed(event: PasswordChanged, *, at: datetime) -> None:
    """Tell the owner, who may not be the one who did it."""
    _mail_to_user(event.user_id, "password_changed", at=at)


@outbox.handles(RefreshTokenReused)
def mail_session_reused(event: RefreshTokenReused, *, at: datetime) -> None:
    """Warn that somebody copied a sign-in."""
    _mail_to_user(event.user_id, "session_reused", at=at)


@outbox.handles(RegistrationRepeated)
def mail_registration_repeated(event: RegistrationRepeated, *, at: datetime) -> None:
    """Tell the owner that somebody tried to open a second account."""
    _mail_to_user(event.user_id, "registration_repeated", at=at)


@outbox.handles(ConsentsChanged)
def follow_consents(event: ConsentsChanged, *, at: datetime) -> None:
    """Let a mailbox and a number follow what their account said."""
    services.follow_account(
        user_id=event.user_id, purposes=event.purposes, source=event.source, at=at
    )


@outbox.handles(MailboxVerified)
def follow_verified(event: MailboxVerified, *, at: datetime) -> None:
    """Let what was ticked while registering hold, now that it is known who ticked it."""
    held = accounts.consents(event.user_id)
    agreed = [purpose for purpose in ConsentPurpose.values if held[purpose]]
    services.follow_account(user_id=event.user_id, purposes=agreed, source="registration", at=at)


@outbox.handles(TestMailAsked, external=True, max_attempts=3)
def send_test(event: TestMailAsked, *, at: datetime) -> None:
    """Mail a template to who asked for it."""
    del at
    services.send_test_mail(
        template=event.template,
        name=event.name,
        language=event.language,
        user_id=event.user_id,
        key=UUID(event.key),
    )
