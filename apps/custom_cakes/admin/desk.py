"""One screen on which a request is decided: everything to see, and every decision to make."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from apps.custom_cakes import services
from apps.custom_cakes.admin.desk_forms import DeskForm, typed_from
from apps.custom_cakes.admin.desk_words import drawn, in_words, price_words
from apps.custom_cakes.rules.offers import OfferTerms
from apps.custom_cakes.selectors.desk import Desk, desk_of, draft_of, end_of, usual_terms
from apps.custom_cakes.selectors.whatif import WhatIf
from apps.notifications import services as notifications
from bakery.edge.console import actor_of
from bakery.kernel import clock, wording
from bakery.kernel.errors import DomainError, Invalid, NotFound

DECIDE, BELOW_FLOOR = "custom_cakes.decide_cakerequest", "custom_cakes.price_below_floor"
_DONE = {
    "approve": "Approved: the customer gets the mail with the price and the link to pay.",
    "counter": "Offered: its place is kept until the customer answers.",
    "ask": "The question is on its way.",
    "reject": "Refused: the customer may change the request and send it once more.",
    "take_back": "Taken back: nothing of the offer can be paid any more.",
    "renew": "Offered once more, at its price.",
    "note": "The note is kept.",
}


def desk_page(request: HttpRequest, context: dict[str, Any], request_id: int) -> HttpResponse:
    """Show a request with all that its decision needs, or do what was decided.

    A refusal shows the page again with its status, and nothing that was typed is lost.
    """
    at, refusal, status = clock.now(), None, 200
    if request.method == "POST":
        refusal = _act(request, request_id, at=at)
        if refusal is None and request.POST.get("action") != "preview":
            return HttpResponseRedirect(request.path)
        status = refusal.status if refusal else 200
    desk = _desk(request_id, at=at)
    context |= _page(request, desk, refusal, at=at)
    return render(request, "admin/custom_cakes/desk.html", context, status=status)


def desk_preview(request: HttpRequest, request_id: int) -> JsonResponse:
    """Return what a price that is being typed comes to, and the mail that it would be in."""
    at = clock.now()
    desk = _desk(request_id, at=at)
    form = DeskForm(request.POST)
    try:
        if not form.is_valid():
            raise form.first_problem()
        terms = form.terms()
    except Invalid as error:
        return JsonResponse({"code": error.code, "message": error.message}, status=400)
    if desk.appraisal is None:
        return JsonResponse({"code": "not_reckoned", "message": desk.problem}, status=400)
    idea = _idea(desk, form.cleaned_data["idea"])
    return JsonResponse({**price_words(desk, terms.price, idea), **_mail(desk, terms, idea, at=at)})


def _desk(request_id: int, *, at: datetime) -> Desk:
    try:
        return desk_of(request_id, at=at)
    except NotFound as error:
        raise Http404 from error


def _act(request: HttpRequest, request_id: int, *, at: datetime) -> DomainError | None:
    """Do what the pressed button is for; return why it was refused."""
    action = request.POST.get("action", "")
    if action == "preview":
        return None
    if action not in _DONE:
        return Invalid("unknown_action", "Press one of the buttons.")
    if not request.user.has_perm(DECIDE):
        raise PermissionDenied
    form = DeskForm(request.POST)
    try:
        if not form.is_valid():
            raise form.first_problem()
        _call(action, form, request, request_id, at=at)
    except DomainError as error:
        return error
    messages.success(request, _DONE[action])
    return None


def _call(
    action: str, form: DeskForm, request: HttpRequest, request_id: int, *, at: datetime
) -> None:
    data = form.cleaned_data
    if data["version"] is None:
        raise Invalid("missing", "Open the page anew.", details={"field": "version"})
    common: dict[str, Any] = {
        "request_id": request_id,
        "expected_version": data["version"],
        "actor": actor_of(request),
        "at": at,
    }
    offers: dict[str, Callable[[], object]] = {
        "ask": lambda: services.ask_customer(text=data["text"], **common),
        "reject": lambda: services.reject_request(reason=data["text"], **common),
        "take_back": lambda: services.take_back(reason=data["reason"], **common),
        "renew": lambda: services.renew_offer(
            slot_id=data["slot_id"], expires_at=data["expires_at"], **common
        ),
        "note": lambda: services.write_note(text=data["internal_note"], **common),
    }
    if action in offers:
        offers[action]()
        return
    terms = form.terms()
    arguments = {
        **{name: getattr(terms, name) for name in OfferTerms.__slots__},
        "may_go_below_floor": request.user.has_perm(BELOW_FLOOR),
        **common,
    }
    if action == "approve":
        services.approve_request(**arguments)
        return
    idea = _idea(desk_of(request_id, at=at), data["idea"])
    if idea is None:
        raise Invalid(
            "nothing_changed", "Choose what is offered instead.", details={"field": "idea"}
        )
    services.counter_offer(design=idea.design, **arguments)


def _idea(desk: Desk, code: str) -> WhatIf | None:
    return next((row for row in desk.ideas if row.code == code), None)


def _page(
    request: HttpRequest, desk: Desk, refusal: DomainError | None, *, at: datetime
) -> dict[str, Any]:
    code = request.POST.get("idea") or request.GET.get("idea", "")
    idea = _idea(desk, code[:40])
    usual = usual_terms(desk, idea)
    typed = typed_from(usual) | {"version": str(desk.request.version)}
    typed |= {"idea": idea.code if idea else "", "internal_note": desk.request.internal_note}
    if request.method == "POST":
        kept = (*DeskForm.base_fields,)
        typed |= {name: request.POST[name][:4000] for name in kept if name in request.POST}
        # Who presses again has read what changed meanwhile: it is on the page.
        typed["version"] = str(desk.request.version)
    terms = _terms(typed) or usual
    ends_at = end_of(terms.slot_id, lead_days=_lead_days(desk), at=at) if terms else None
    return {
        **in_words(desk, at=at),
        "desk": desk,
        "idea": idea,
        "typed": typed,
        "refusal": refusal,
        "refused_field": str(refusal.details.get("field", "")) if refusal else "",
        "changed": refusal.details.get("changes", []) if refusal else [],
        "usual_end": _moment(ends_at) if ends_at else "",
        "may_decide": request.user.has_perm(DECIDE),
        "may_go_below_floor": request.user.has_perm(BELOW_FLOOR),
        "priced": price_words(desk, terms.price, idea) if terms else None,
        "bar": drawn(desk, terms.price) if terms else None,
        "mail": _mail(desk, terms, idea, at=at) if terms else None,
    }


def _terms(typed: dict[str, Any]) -> OfferTerms | None:
    form = DeskForm(typed)
    try:
        return form.terms() if form.is_valid() else None
    except Invalid:
        return None


def _lead_days(desk: Desk) -> int:
    return desk.appraisal.facts.lead_days if desk.appraisal else 0


def _mail(desk: Desk, terms: OfferTerms, idea: WhatIf | None, *, at: datetime) -> dict[str, str]:
    """Return subject and text of the mail that would go out."""
    letter = draft_of(desk, terms, at=at, idea=idea)
    if letter is None:
        return {"subject": "", "text": "", "to": ""}
    name = "counter" if idea else "approved"
    mail = notifications.preview_mail(
        template=f"custom_cakes/mail/{name}", context=letter.context, language=letter.language
    )
    return {"subject": mail.subject, "text": mail.text, "to": letter.to}


def _moment(at: datetime) -> str:
    return wording.moment_text(at, clock.shop_zone(), wording.DEFAULT)
