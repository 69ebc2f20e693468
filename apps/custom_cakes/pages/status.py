"""A request as its customer follows it, and what they can do with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.custom_cakes import selectors, services
from apps.custom_cakes.rules.link import read_photo_token
from apps.custom_cakes.states import RequestStatus
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound

# What a page says under the state.
_ORDERED = (RequestStatus.PAID, RequestStatus.CANCELLED)
_NEXT = {
    RequestStatus.DRAFT: "Nothing is sent yet. Go on whenever you like: this page's address "
    "keeps what you typed.",
    RequestStatus.PENDING_REVIEW: "Somebody of us looks at it and writes to you with a final "
    "price, a question or another idea. Nothing is to be paid before that.",
    RequestStatus.QUESTION_ASKED: "We need an answer from you before we can tell you a price.",
    RequestStatus.COUNTER_OFFERED: "We cannot make exactly this, but have another idea for you.",
    RequestStatus.APPROVED_AWAITING_PAYMENT: "We can make it. It is certain once it is paid.",
    RequestStatus.PAID: "Your cake is certain.",
    RequestStatus.REJECTED: "We are sorry: like this we cannot make it. Change your wishes, and we "
    "look at them again.",
    RequestStatus.WITHDRAWN: "You gave this request up. You can ask for the same once more.",
    RequestStatus.EXPIRED: "Our offer was not taken in time, so its place in our kitchen is free "
    "again.",
    RequestStatus.CANCELLED: "The order was called off.",
}


@access.page(access.ANYONE)
@require_safe
@never_cache
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show a request to who has its address."""
    return _page(request, token)


@access.page(access.ANYONE)
@require_POST
@never_cache
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Answer, accept, decline, renew, withdraw, or ask once more: the button says which."""
    throttling.require("custom_request", rate_bucket(client_address(request)))
    found = selectors.request_by_token(token)
    do = _ACTS.get(request.POST.get("do", ""))
    if do is None:
        raise NotFound("request_not_found", "There is no such button.")
    try:
        said = do(found.pk, request, clock.now())
    except DomainError as error:
        return _page(request, token, error=error)
    messages.success(request, said)
    return HttpResponseRedirect(selectors.path_of(found), status=303)


@access.page(access.ANYONE)
@require_safe
@never_cache
def photo(request: HttpRequest, token: str) -> HttpResponse:
    """Send a picture to who was given its address within the hour."""
    public_id = read_photo_token(token)
    if public_id is None:
        raise NotFound("photo_not_found", "This address is too old, or not ours.")
    kept = services.read_photo(public_id=public_id)
    response = HttpResponse(kept.data, content_type=kept.content_type)
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _order_path(token: str) -> str:
    """Return the page of a request's order, "" without one: who has the one may see the other."""
    order = selectors.request_by_token(token).order
    return reverse("order", args=[order.public_id]) if order else ""


def _page(request: HttpRequest, token: str, *, error: DomainError | None = None) -> HttpResponse:
    page = selectors.request_page(token, clock.now())
    context = {
        "page": page,
        "order_path": _order_path(token) if page.status in _ORDERED else "",
        "next": _NEXT[page.status],
        "error": error,
        "next_day": (error.details.get("next_day") or "") if error else "",
        "typed": request.POST.get("text", "") or request.POST.get("words", "") if error else "",
    }
    status = error.status if error else 200
    return render(request, "custom_cakes/request.html", context, status=status)


def _answer(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.answer_question(request_id=request_id, text=request.POST.get("text", ""), at=at)
    return "We got your message."


def _accept(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.accept_counter(
        request_id=request_id,
        quote_no=_number(request, "offer"),
        expected_version=_number(request, "version"),
        at=at,
    )
    return "It is yours once it is paid."


def _decline(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.decline_counter(
        request_id=request_id,
        quote_no=_number(request, "offer"),
        words=request.POST.get("words", ""),
        at=at,
    )
    return "Thank you for telling us. We look at it again."


def _renew(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.renew_quote(request_id=request_id, expected_version=_number(request, "version"), at=at)
    return "The offer stands once more, at the same price."


def _withdraw(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.withdraw_request(
        request_id=request_id, expected_version=_number(request, "version"), at=at
    )
    return "You gave this request up. You can take that back below."


def _reopen(request_id: int, request: HttpRequest, at: datetime) -> str:
    services.reopen_request(
        request_id=request_id, expected_version=_number(request, "version"), at=at
    )
    return "We look at it again."


_ACTS: dict[str, Callable[[int, HttpRequest, datetime], str]] = {
    "answer": _answer,
    "accept": _accept,
    "decline": _decline,
    "renew": _renew,
    "withdraw": _withdraw,
    "reopen": _reopen,
}


def _number(request: HttpRequest, name: str) -> int | None:
    text: Any = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
