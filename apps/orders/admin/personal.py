"""The console's page for people who ask what is kept about them, or to be forgotten."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from apps.orders import selectors, services
from bakery.edge.access import recent_second_factor
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

PERMISSION = "accounts.anonymise_user"


class PersonForm(forms.Form):
    """Whose mailbox, and why."""

    email = forms.EmailField(label="E-mail", max_length=254)
    reason = forms.CharField(
        min_length=3, max_length=500, widget=forms.TextInput(attrs={"size": 60})
    )


@recent_second_factor()
def people_page(request: HttpRequest, context: dict[str, object]) -> HttpResponseBase:
    """Download what is kept about a mailbox, or erase the guest behind it."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = PersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _carry_out(request, form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.message)
    page = {**context, "title": "A customer's data", "form": form}
    status = 400 if form.errors else 200
    return render(request, "admin/orders/order/people.html", page, status=status)


def _carry_out(request: HttpRequest, data: dict[str, str]) -> HttpResponseBase:
    actor, at = actor_of(request), clock.now()
    if request.POST.get("do") == "erase":
        count = services.erase_guest(**data, actor=actor, at=at)
        messages.success(request, f"Erased from {count} order{'' if count == 1 else 's'}.")
        return redirect("admin:orders_order_people")
    services.note_export(**data, actor=actor, at=at)
    body = selectors.mailbox_json(data["email"], at=at)
    response = StreamingHttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="data.json"'
    return response
