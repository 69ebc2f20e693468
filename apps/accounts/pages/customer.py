"""Customers' doors: log in, log out, register, forgotten password.

Sessions opened here never hold a second factor, and members of staff get none here: their door is
the console's. What a stranger may learn about an address is nothing, as over the API.
"""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.pages import pending
from apps.accounts.pages.forms import EmailForm, LoginForm, RegisterForm
from apps.accounts.pages.rendering import form_page
from bakery.edge import access, logins
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, Refused

HOME = "/account/"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_WRONG = "The e-mail address or the password is wrong."


def _target(request: HttpRequest) -> str:
    """Return where to go after logging in: a page of the shop, never of the console."""
    target = pending.safe_next(
        request, request.POST.get("next") or request.GET.get("next"), home=HOME
    )
    return HOME if target.startswith("/console/") else target


def _is_customer(request: HttpRequest) -> bool:
    return request.user.is_authenticated and not request.user.is_staff


@access.page(access.ANYONE)
@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """Open a customer's session with a right password."""
    target = _target(request)
    if request.method != "POST":
        if _is_customer(request):
            return HttpResponseRedirect(target)
        return form_page(request, "customer_login", LoginForm(), next=target)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return form_page(request, "customer_login", form, next=target)
    try:
        user = _check(request, form.cleaned_data)
    except DomainError as error:
        return form_page(request, "customer_login", form, next=target, error=error)
    if user is None:
        return form_page(request, "customer_login", form, next=target, error=_WRONG)
    # A session of somebody else in this browser ends; a new id in any case.
    request.session.flush()
    login(request, user, backend=_BACKEND)
    response = HttpResponseRedirect(target)
    logins.remember_device(request, response, user.email)
    return response


def _check(request: HttpRequest, data: dict[str, str]) -> User | None:
    """Return the customer; None for wrong credentials and for staff, who are not told apart."""
    logins.require_login_allowed(request, data["email"])
    user = services.check_credentials(email=data["email"], password=data["password"])
    if user is None or user.is_staff:
        return None
    if user.email_verified_at is None:
        raise Refused(
            "mailbox_unverified",
            "Confirm your e-mail address first: we mailed you a link. Register again for another.",
        )
    return user


@access.page(access.ANYONE)
@never_cache
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    logout(request)
    messages.success(request, "You are logged out.")
    return HttpResponseRedirect("/")


@access.page(access.ANYONE)
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """Take a registration; the reply is the same whether or not there is an account."""
    if request.method != "POST":
        if _is_customer(request):
            return HttpResponseRedirect(HOME)
        return form_page(request, "customer_register", RegisterForm())
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return form_page(request, "customer_register", form)
    data = form.cleaned_data
    try:
        logins.require_mail_allowed(request, data["email"])
        services.request_registration(
            email=data["email"],
            password=data["password"],
            full_name=data["full_name"],
            phone=str(data["phone"] or ""),
            consents=["marketing_mail"] if data["news"] else [],
            at=clock.now(),
        )
    except DomainError as error:
        where = "password" if error.code == "weak_password" else None
        form.add_error(where, error.message)
        context = {"form": form}
        return render(request, "accounts/customer_register.html", context, status=error.status)
    return render(request, "accounts/customer_mailed.html", {"what": "registration"})


@access.page(access.ANYONE)
@never_cache
def forgot(request: HttpRequest) -> HttpResponse:
    """Mail a link to choose a new password, if the address has an account; the page never tells."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "customer_forgot", form)
    try:
        logins.require_mail_allowed(request, form.cleaned_data["email"])
        services.request_password_reset(email=form.cleaned_data["email"], at=clock.now())
    except DomainError as error:
        return form_page(request, "customer_forgot", form, error=error)
    return render(request, "accounts/customer_mailed.html", {"what": "password"})
