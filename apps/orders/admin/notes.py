"""Notes and photos of an order in the console."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.orders import selectors, services
from apps.orders.admin.counter import order_or_404
from apps.orders.models import Order
from apps.orders.rules.pickup import short_text
from apps.orders.selectors.timeline import names_of
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_MAX_PHOTO = 10 * 1024 * 1024


class NoteForm(forms.Form):
    """A note."""

    text = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    on_ticket = forms.BooleanField(required=False)


class PhotoForm(forms.Form):
    """A photo."""

    file = forms.FileField(max_length=200)
    caption = forms.CharField(max_length=200, required=False)


def notes_page(request: HttpRequest, context: dict[str, Any], order_id: int) -> HttpResponse:
    """Show notes and photos of an order, and keep new ones."""
    order = order_or_404(order_id)
    note, photo = NoteForm(), PhotoForm()
    status = 200
    if request.method == "POST":
        is_photo = "caption" in request.POST
        if is_photo:
            photo = PhotoForm(request.POST, request.FILES)
        else:
            note = NoteForm(request.POST)
        form = photo if is_photo else note
        if form.is_valid() and _keep(request, order, form.cleaned_data):
            return HttpResponseRedirect(request.path)
        status = 400
    notes, pictures = selectors.notes_of(order.pk), selectors.pictures_of(order.pk)
    names = names_of([*(row.by for row in notes), *(row.by for row in pictures)])
    zone = clock.shop_zone()
    context |= {
        "title": f"Notes and photos of {order.number}",
        "order": order,
        "note": note,
        "photo": photo,
        "notes": [(short_text(row.at, zone), names.get(row.by, row.by), row) for row in notes],
        "pictures": [
            (short_text(row.at, zone), names.get(row.by, row.by), row) for row in pictures
        ],
    }
    return render(request, "admin/orders/counter/notes.html", context, status=status)


def _keep(request: HttpRequest, order: Order, data: dict[str, Any]) -> bool:
    at, actor = clock.now(), actor_of(request)
    try:
        if "file" in data:
            services.add_photo(
                order_id=order.pk,
                data=data["file"].read(_MAX_PHOTO + 1),
                caption=data["caption"],
                actor=actor,
                at=at,
            )
        else:
            services.add_note(order_id=order.pk, **data, actor=actor, at=at)
    except DomainError as error:
        messages.error(request, error.message)
        return False
    return True


def picture_page(
    request: HttpRequest, context: dict[str, Any], order_id: int, picture_id: UUID
) -> HttpResponse:
    """Send a kept picture, proved to be the one that was kept."""
    try:
        kept = services.read_picture(picture_id=picture_id, order_id=order_id)
    except DomainError as error:
        if error.status == 404:
            raise Http404(error.message) from error
        raise
    response = HttpResponse(kept.data, content_type=kept.content_type)
    response["Cache-Control"] = "no-store, private"
    return response
