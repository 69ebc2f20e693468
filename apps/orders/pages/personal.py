"""A customer's own data: to take along, and to have erased."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import services as accounts
from apps.orders import selectors
from apps.orders.pages.customers import for_customers
from bakery.edge import access, logins
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, Invalid

if TYPE_CHECKING:
    from apps.accounts.models import User


@access.page(access.SIGNED_IN)
@require_safe
@never_cache
@for_customers
def data(request: HttpRequest, user: "User") -> HttpResponse:
    """Offer the download and the erasure."""
    return render(request, "orders/account_data.html")


@access.page(access.SIGNED_IN)
@require_POST
@never_cache
@for_customers
def export(request: HttpRequest, user: "User") -> HttpResponseBase:
    """Stream everything that is kept about the person, for the password."""
    try:
        _require_password(request, user)
    except DomainError as error:
        return _refuse(request, error, "export")
    body = selectors.person_json(user, at=clock.now())
    response = StreamingHttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@access.page(access.SIGNED_IN)
@require_POST
@never_cache
@for_customers
def erase(request: HttpRequest, user: "User") -> HttpResponse:
    """Erase the person and close the account, for the password; open orders come first."""
    try:
        _require_password(request, user)
        accounts.anonymise_user(
            user_id=user.pk, actor="customer", reason="asked for it", at=clock.now()
        )
    except DomainError as error:
        return _refuse(request, error, "erase")
    logout(request)
    messages.success(request, "Your account is closed and your data are being erased.")
    return HttpResponseRedirect("/", status=303)


def _require_password(request: HttpRequest, user: "User") -> None:
    """Raise `Invalid` ``wrong_password``; guesses count like those at the door."""
    logins.require_login_allowed(request, user.email)
    given = request.POST.get("password", "")[:256]
    if accounts.check_credentials(email=user.email, password=given) is None:
        raise Invalid("wrong_password", "The password is wrong.")


def _refuse(request: HttpRequest, error: DomainError, what: str) -> HttpResponse:
    context = {"error": error, "what": what}
    return render(request, "orders/account_data.html", context, status=error.status)
