"""Facts about accounts that other rooms act on. Tokens never travel in them."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MailboxRequestMade(Event):
    """Somebody asked to register or to reset; the row says for which address."""

    kind: ClassVar[str] = "accounts.mailbox_request_made"
    request_id: int


@dataclass(frozen=True, kw_only=True)
class MailboxVerificationRequested(Event):
    """A new account waits for its mailbox to be confirmed."""

    kind: ClassVar[str] = "accounts.mailbox_verification_requested"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class RegistrationRepeated(Event):
    """Somebody tried to register an address that has an account: its owner should know."""

    kind: ClassVar[str] = "accounts.registration_repeated"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """The owner of an existing account asked for a link to choose a new password."""

    kind: ClassVar[str] = "accounts.password_reset_requested"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """The password was changed or reset; every session and token has ended."""

    kind: ClassVar[str] = "accounts.password_changed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class RefreshTokenReused(Event):
    """A spent refresh token came back: somebody copied it. Its whole family was revoked."""

    kind: ClassVar[str] = "accounts.refresh_token_reused"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """Every session and token of this user ended (log out everywhere, disabling, erasure)."""

    kind: ClassVar[str] = "accounts.sessions_ended"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class UserAnonymised(Event):
    """A person was erased: whoever copied their name or address erases it too."""

    kind: ClassVar[str] = "accounts.user_anonymised"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class MailboxVerified(Event):
    """An account's mailbox was confirmed for the first time: what it agreed to holds from now."""

    kind: ClassVar[str] = "accounts.mailbox_verified"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class ConsentsChanged(Event):
    """A person decided about ``purposes``; ``source`` says where. What holds is to be read."""

    kind: ClassVar[str] = "accounts.consents_changed"
    user_id: int
    purposes: list[str]
    source: str
