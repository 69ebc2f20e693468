"""What mailed links open. Looking at a page changes nothing: mail scanners follow links."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from apps.accounts import services
from apps.accounts.pages.forms import NewPasswordForm
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_LONGEST = 200


def _token(request: HttpRequest) -> str:
    return (request.POST.get("token") or request.GET.get("token") or "")[:_LONGEST]


@access.page(access.ANYONE)
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """Confirm a mailbox with a button."""
    if request.method != "POST":
        return render(request, "accounts/verify.html", {"token": _token(request)})
    try:
        services.verify_mailbox(token=_token(request), at=clock.now())
    except DomainError as error:
        return render(request, "accounts/verify.html", {"error": error}, status=error.status)
    return render(request, "accounts/verify.html", {"done": True})


@access.page(access.ANYONE)
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Choose a new password. Opens no session: staff still prove a code afterwards."""
    form = NewPasswordForm(request.POST or None)
    context = {"form": form, "token": _token(request)}
    if request.method != "POST":
        return render(request, "accounts/reset.html", context)
    if not form.is_valid():
        return render(request, "accounts/reset.html", context, status=400)
    try:
        services.reset_password(
            token=_token(request), password=form.cleaned_data["password"], at=clock.now()
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return render(request, "accounts/reset.html", context, status=error.status)
    return render(request, "accounts/reset.html", {"done": True})
