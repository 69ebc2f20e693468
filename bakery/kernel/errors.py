"""The four families of refusal, and the one for a dependency that is down.

Every error has a stable ``code`` that clients may rely on, a message for people, and details for
programs. Edges turn them into HTTP 400, 403, 409, 404 and 503.
"""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A use case said no. ``code`` is stable; ``message`` is for people; ``details`` is JSON."""

    status = 400

    def __init__(
        self, code: str, message: str, *, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})


class Invalid(DomainError):
    """What was asked for can never be right as it stands."""

    status = 400


class Refused(DomainError):
    """Right as such, but not for this person or not in this way."""

    status = 403


class NotFound(DomainError):
    """Does not exist, or not for this person: the two are not told apart."""

    status = 404


class Conflict(DomainError):
    """Right as such, but the world has moved on: reload and decide again."""

    status = 409


class Unavailable(DomainError):
    """Something we depend on does not answer; nothing was lost and it may be tried again."""

    status = 503
