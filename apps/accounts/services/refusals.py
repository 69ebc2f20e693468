"""What only accounts refuse."""

from bakery.kernel.errors import DomainError


class NotAuthenticated(DomainError):
    """We do not know who you are, or not well enough. HTTP 401."""

    status = 401


def wrong_credentials() -> NotAuthenticated:
    """Return the one refusal for an unknown address, a wrong password and a disabled account."""
    return NotAuthenticated("wrong_credentials", "The e-mail address or the password is wrong.")
