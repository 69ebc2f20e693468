"""Who may call what. Deny by default: a view without a rule is refused, and a test walks them all.

API views name a permission class of this module; pages carry a rule by decorator. "Staff" always
means: an active member of staff, holding the permission, who proved a second factor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote

from django.contrib.admin.sites import AdminSite
from django.http import HttpRequest, HttpResponseRedirect
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from bakery.kernel import clock
from bakery.kernel.errors import Refused

# Where a session keeps the moment (seconds since the epoch) of its latest one-time code.
SECOND_FACTOR_AT = "second_factor_at"
STEP_UP_WINDOW = timedelta(minutes=10)
STEP_UP_URL = "/console/step-up/"
View = TypeVar("View", bound=Callable[..., Any])


def passed_second_factor(request: HttpRequest | Request) -> bool:
    """Tell whether this session or token was opened with a one-time code."""
    claims = getattr(request, "auth", None)
    if claims is not None and getattr(claims, "otp", False):
        return True
    verified = getattr(request.user, "is_verified", None)
    return bool(verified and verified())


def is_verified_staff(request: HttpRequest | Request) -> bool:
    """Tell whether the caller is active staff with a second factor."""
    user = request.user
    return bool(user.is_active and user.is_staff and passed_second_factor(request))


def second_factor_at(request: HttpRequest | Request) -> datetime | None:
    """Return when this session or token last proved a one-time code, None when it never did."""
    claims = getattr(request, "auth", None)
    seconds = getattr(claims, "otp_at", None)
    if seconds is None and claims is None:
        seconds = request.session.get(SECOND_FACTOR_AT)
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def stepped_up(request: HttpRequest | Request, *, within: timedelta = STEP_UP_WINDOW) -> bool:
    """Tell whether the caller is staff who proved a one-time code within the last ``within``."""
    proved = second_factor_at(request)
    return is_verified_staff(request) and proved is not None and clock.now() - proved <= within


def require_step_up(request: HttpRequest | Request, *, within: timedelta = STEP_UP_WINDOW) -> None:
    """Raise `Refused` (``step_up_required``) unless `stepped_up`."""
    if not stepped_up(request, within=within):
        raise Refused("step_up_required", "Confirm with a fresh code first, then try again.")


def recent_second_factor(*, minutes: int = 10) -> Callable[[View], View]:
    """Guard a dangerous page, console button or console action with a fresh one-time code.

    Works on functions and methods whose arguments include the request. A browser is sent to the
    step-up page and comes back; then the button is pressed again.
    """

    def attach(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            request = next(arg for arg in args if isinstance(arg, HttpRequest | Request))
            if stepped_up(request, within=timedelta(minutes=minutes)):
                return view(*args, **kwargs)
            if "application/json" in request.headers.get("Accept", ""):
                require_step_up(request, within=timedelta(minutes=minutes))
            return HttpResponseRedirect(f"{STEP_UP_URL}?next={quote(request.get_full_path())}")

        return guarded  # type: ignore[return-value]

    return attach


class Nobody(BasePermission):
    """The default: no rule, no access."""

    kind = "nobody"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse."""
        return False


class Anyone(BasePermission):
    """Open to all, also to those who are not signed in."""

    kind = "anyone"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Admit."""
        return True


class SignedIn(BasePermission):
    """Any active account; a member of staff only after the second factor."""

    kind = "signed_in"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Admit active accounts."""
        user = request.user
        if not (user.is_authenticated and user.is_active):
            return False
        return not user.is_staff or passed_second_factor(request)


class StaffPermission(BasePermission):
    """Base of the classes that `Staff` makes."""

    kind = "staff"
    permission = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Admit verified staff who hold the permission."""
        return is_verified_staff(request) and request.user.has_perm(self.permission)


def Staff(permission: str) -> type[StaffPermission]:  # noqa: N802 - reads as a class where it is used
    """Return a permission class that admits verified staff holding ``permission``."""
    return type("Staff", (StaffPermission,), {"permission": permission})


class SteppedUp(BasePermission):
    """Beside a `Staff` class: a one-time code within the last ten minutes (dangerous actions)."""

    kind = "stepped_up"
    message = "Confirm with a fresh code first (POST /api/v1/auth/step-up), then try again."
    code = "step_up_required"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Admit callers with a fresh second factor."""
        return stepped_up(request)


@dataclass(frozen=True)
class Rule:
    """The access rule of a page: ``kind`` is anyone, signed_in or staff."""

    kind: str
    permission: str = ""

    def admits(self, request: HttpRequest) -> bool:
        """Tell whether ``request`` may see the page."""
        if self.kind == "anyone":
            return True
        if self.kind == "signed_in":
            user = request.user
            if not (user.is_authenticated and user.is_active):
                return False
            return not user.is_staff or passed_second_factor(request)
        return is_verified_staff(request) and (
            not self.permission or request.user.has_perm(self.permission)
        )


def page(rule: Rule) -> Callable[[View], View]:
    """Attach ``rule`` to a page view; `AccessRuleMiddleware` enforces it."""

    def attach(view: View) -> View:
        view.access = rule  # type: ignore[attr-defined]
        return view

    return attach


ANYONE = Rule("anyone")
SIGNED_IN = Rule("signed_in")


def staff(permission: str = "") -> Rule:
    """Return the rule of a staff page."""
    return Rule("staff", permission)


def rule_of(view: Callable[..., Any]) -> str | None:
    """Return the kind of rule that guards a resolved view, None when it has none."""
    if rule := getattr(view, "access", None):
        return str(rule.kind)
    # Only DRF sets `cls`, and only DRF enforces permission_classes.
    classes = getattr(getattr(view, "cls", None), "permission_classes", None)
    if classes:
        return str(getattr(classes[0], "kind", "")) or None
    return "console" if _is_console(view) else None


def _is_console(view: Callable[..., Any]) -> bool:
    """Tell whether Django's admin guards the view: wrapped by it, or its own log-in page."""
    wrapped = getattr(view, "admin_site", None) or getattr(view, "model_admin", None)
    return bool(wrapped) or isinstance(getattr(view, "__self__", None), AdminSite)
