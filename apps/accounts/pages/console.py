"""The console's doors: password, code, enrolment, step-up, log-out, own password."""

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts import services
from apps.accounts.adapters import authenticator
from apps.accounts.models import User
from apps.accounts.pages import pending
from apps.accounts.pages.forms import CodeForm, LoginForm, PasswordChangeForm
from apps.accounts.pages.rendering import form_page
from bakery.edge import access, logins
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_WRONG = "The e-mail address or the password is wrong, or the account has no access here."
_WRONG_CODE = "This code is wrong or was used before. Wait for the next one."


@access.page(access.ANYONE)
@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """Take the password; the code follows on a page of its own."""
    target = pending.safe_next(request, request.POST.get("next") or request.GET.get("next"))
    if request.method != "POST":
        if access.is_verified_staff(request):
            return HttpResponseRedirect(target)
        return form_page(request, "login", LoginForm(), next=target)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return form_page(request, "login", form, next=target)
    try:
        user = _check(request, form.cleaned_data)
    except DomainError as error:
        return form_page(request, "login", form, next=target, error=error)
    if user is None:
        return form_page(request, "login", form, next=target, error=_WRONG)
    pending.begin(request, user, target=target)
    has_device = authenticator.confirmed_device(user.pk) is not None
    return redirect("console-code" if has_device else "console-enrol")


def _check(request: HttpRequest, data: dict[str, str]) -> User | None:
    logins.require_login_allowed(request, data["email"])
    user = services.check_credentials(email=data["email"], password=data["password"])
    return user if user is not None and user.is_staff else None


@access.page(access.ANYONE)
@never_cache
def enter_code(request: HttpRequest) -> HttpResponse:
    """Take the code and open the console."""
    waiting = pending.read(request)
    if waiting is None:
        return redirect("console-login")
    if authenticator.confirmed_device(waiting.user.pk) is None:
        return redirect("console-enrol")
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "code", form)
    if error := _refuse_code(request, waiting.user, form.cleaned_data["code"]):
        return form_page(request, "code", form, error=error)
    pending.complete(request, waiting.user)
    response = HttpResponseRedirect(waiting.next)
    logins.remember_device(request, response, waiting.user.email)
    return response


def _refuse_code(request: HttpRequest, user: User, code: str) -> DomainError | str | None:
    """Return why the code does not count, None when it does."""
    try:
        logins.require_code_allowed(request, user.email)
    except DomainError as error:
        return error
    right = services.verify_second_factor(user_id=user.pk, code=code, at=clock.now())
    return None if right else _WRONG_CODE


@access.page(access.ANYONE)
@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up the authenticator at the first log-in; nothing else opens before."""
    waiting = pending.read(request)
    if waiting is None:
        return redirect("console-login")
    if authenticator.confirmed_device(waiting.user.pk) is not None:
        return redirect("console-code")
    enrolment = services.begin_enrolment(user_id=waiting.user.pk)
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "enrol", form, enrolment=enrolment)
    try:
        logins.require_code_allowed(request, waiting.user.email)
        codes = services.confirm_enrolment(
            user_id=waiting.user.pk, code=form.cleaned_data["code"], at=clock.now()
        )
    except DomainError as error:
        return form_page(request, "enrol", form, enrolment=enrolment, error=error)
    pending.complete(request, waiting.user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": waiting.next})


@access.page(access.staff())
@never_cache
def step_up(request: HttpRequest) -> HttpResponse:
    """Take a fresh code before something dangerous, then go back."""
    target = pending.safe_next(request, request.POST.get("next") or request.GET.get("next"))
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "step_up", form, next=target)
    user = _staff(request)
    if error := _refuse_code(request, user, form.cleaned_data["code"]):
        return form_page(request, "step_up", form, next=target, error=error)
    pending.mark_proved(request)
    return HttpResponseRedirect(target)


@access.page(access.ANYONE)
@never_cache
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session; its sockets close within seconds."""
    logout(request)
    messages.success(request, "You are logged out.")
    return redirect("console-login")


@access.page(access.staff())
@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session ends, this one stays."""
    form = PasswordChangeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "password", form)
    data = form.cleaned_data
    try:
        logins.require_login_allowed(request, _staff(request).email)
        user = services.change_password(
            user_id=_staff(request).pk,
            current=data["current"],
            new=data["password"],
            at=clock.now(),
        )
    except DomainError as error:
        return form_page(request, "password", form, error=error)
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is changed; all other sessions have ended.")
    return HttpResponseRedirect(pending.HOME)


@access.page(access.staff())
@never_cache
@access.recent_second_factor()
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace one's own recovery codes and show the new ones once."""
    if request.method != "POST":
        return render(request, "accounts/renew_codes.html")
    user = _staff(request)
    codes = services.renew_recovery_codes(user_id=user.pk, actor=f"user:{user.pk}", at=clock.now())
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": pending.HOME})


def _staff(request: HttpRequest) -> User:
    """Return the caller of a page whose rule admits staff only."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - the page's rule has made it so
    return user
