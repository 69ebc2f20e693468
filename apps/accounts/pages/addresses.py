"""The address book on the shop's pages: writing a new address down and changing one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from phonenumber_field.formfields import PhoneNumberField

from apps.accounts import selectors, services
from apps.accounts.models import Address
from apps.accounts.services.addresses import MAX_LABEL
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from bakery.kernel.postal import LONGEST

HOME = "/account/"
_BIGGEST_ID = 2**63 - 1
_COUNTRIES = (("CA", "Canada"), ("US", "United States"), ("GB", "United Kingdom"))
_ROOM_FOR_SPACES = 40


def _text(name: str, label: str, autocomplete: str, *, needed: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=needed,
        max_length=max(LONGEST[name], _ROOM_FOR_SPACES),
        widget=forms.TextInput(attrs={"autocomplete": f"shipping {autocomplete}", "dir": "auto"}),
    )


class AddressForm(forms.Form):
    """An address as people type it; the service checks postcodes as those of the country."""

    label = forms.CharField(
        label="What you call it",
        required=False,
        max_length=MAX_LABEL,
        help_text="Such as home or office.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    recipient = _text("recipient", "Name at the door", "name", needed=True)
    phone = PhoneNumberField(
        label="Phone at the door",
        required=False,
        region=settings.SHOP_COUNTRY,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "shipping tel"}),
    )
    line1 = _text("line1", "Street and number", "address-line1", needed=True)
    line2 = _text("line2", "Flat, floor, company", "address-line2")
    city = _text("city", "City", "address-level2", needed=True)
    region = _text("region", "Province, state or county", "address-level1")
    postcode = _text("postcode", "Postcode", "postal-code", needed=True)
    country = forms.ChoiceField(label="Country", choices=_COUNTRIES)
    instructions = forms.CharField(
        label="For whoever brings it",
        required=False,
        max_length=LONGEST["instructions"],
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    is_default = forms.BooleanField(label="Suggest this one first", required=False)


@access.page(access.SIGNED_IN)
@never_cache
def edit_address(request: HttpRequest, address_id: int | None = None) -> HttpResponse:
    """Write an address into the caller's book, or change one of it."""
    if request.user.is_staff:
        return HttpResponseRedirect("/console/")
    row = _own(request, address_id)
    if request.method != "POST":
        return _page(request, AddressForm(initial=_initial(row)), row)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, form, row, status=400)
    try:
        _save(request.user.pk or 0, form.cleaned_data, row)
    except DomainError as error:
        field = str(error.details.get("field", ""))
        form.add_error(field if field in form.fields else None, error.message)
        return _page(request, form, row, status=error.status)
    messages.success(request, "The address is in your book.")
    return HttpResponseRedirect(HOME, status=303)


def _own(request: HttpRequest, address_id: int | None) -> Address | None:
    """Return the address; a 404 for somebody else's as for one that there is not."""
    if address_id is None:
        return None
    if address_id > _BIGGEST_ID:
        raise Http404
    return selectors.address_of(address_id, user_id=request.user.pk or 0)


def _initial(row: Address | None) -> dict[str, Any]:
    if row is None:
        return {"country": settings.SHOP_COUNTRY}
    return {name: getattr(row, name) for name in AddressForm.base_fields}


def _save(user_id: int, data: dict[str, Any], row: Address | None) -> None:
    parts = {name: str(data[name]) for name in LONGEST}
    phone, at = str(data["phone"] or ""), clock.now()
    if row is None:
        services.add_address(
            user_id=user_id,
            parts=parts,
            label=data["label"],
            phone=phone,
            is_default=data["is_default"],
            at=at,
        )
        return
    services.change_address(
        user_id=user_id,
        address_id=row.pk,
        changes={
            **parts,
            "label": data["label"],
            "phone": phone,
            "is_default": data["is_default"],
        },
        at=at,
    )


def _page(
    request: HttpRequest, form: AddressForm, row: Address | None, *, status: int = 200
) -> HttpResponse:
    return render(request, "accounts/address.html", {"form": form, "address": row}, status=status)
