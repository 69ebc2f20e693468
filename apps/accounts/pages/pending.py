"""The state between a right password and a right code.

No user is signed in meanwhile: the session only notes whose code is awaited, for a few minutes,
and stops counting when the password or the account changes.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts import selectors
from apps.accounts.adapters import authenticator
from apps.accounts.models import User
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock

_KEY = "pending_login"
_LIFETIME = timedelta(minutes=10)
_BACKEND = "django.contrib.auth.backends.ModelBackend"
HOME = "/console/"


@dataclass(frozen=True)
class Pending:
    """Who typed a right password, and where they wanted to go."""

    user: User
    next: str


def safe_next(request: HttpRequest, target: str | None, *, home: str = HOME) -> str:
    """Return ``target`` when it is a path of this site, ``home`` otherwise."""
    is_ours = bool(target) and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours and target else home


def begin(request: HttpRequest, user: User, *, target: str) -> None:
    """Note that ``user`` typed the password, in a session with a new id."""
    request.session.flush()
    request.session[_KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": clock.now().timestamp(),
        "next": target,
    }
    request.session.cycle_key()


def read(request: HttpRequest) -> Pending | None:
    """Return who is awaited, None when nobody is (any more)."""
    noted = request.session.get(_KEY)
    if not noted or clock.now().timestamp() - noted["at"] > _LIFETIME.total_seconds():
        return None
    user = selectors.user(noted["user"])
    if user is None or not (user.is_active and user.is_staff):
        return None
    if not constant_time_compare(noted["hash"], user.get_session_auth_hash()):
        return None
    return Pending(user, safe_next(request, noted["next"]))


def complete(request: HttpRequest, user: User) -> None:
    """Sign ``user`` in with the second factor proved just now, in a session with a new id."""
    request.session.pop(_KEY, None)
    device = authenticator.confirmed_device(user.pk)
    login(request, user, backend=_BACKEND)
    if device is not None:
        request.session[authenticator.SESSION_KEY] = device.persistent_id
        mark_proved(request)


def mark_proved(request: HttpRequest) -> None:
    """Note when the second factor was last proved, in a session with a new id."""
    request.session[SECOND_FACTOR_AT] = clock.now().timestamp()
    request.session.cycle_key()
