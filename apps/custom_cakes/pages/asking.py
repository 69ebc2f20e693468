"""The form of a custom cake: asking for one, going on with a draft, asking for another one."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.pages.form import blank, form_context, typed_of, with_tier, without_tier
from apps.custom_cakes.rules.link import request_path, request_token
from apps.custom_cakes.rules.typed import Read, read_typed
from apps.custom_cakes.rules.wishes import MAX_PHOTOS
from apps.custom_cakes.services.photos import MAX_BYTES
from apps.custom_cakes.states import RequestStatus
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.languages import language_of
from bakery.edge.shoppers import customer_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, Invalid
from bakery.kernel.logs import fingerprint

Errors = dict[str, Invalid]
_RANDOM = 4


@dataclass
class _Sheet:
    """One look at the form: what was typed, what is wrong with it, and whose request it is."""

    request: HttpRequest
    typed: dict[str, Any]
    key: UUID
    found: CakeRequest | None = None
    errors: Errors = field(default_factory=dict)
    estimate: services.LiveEstimate | None = None
    message: str = ""
    http: int = 200

    @property
    def is_revision(self) -> bool:
        """Tell whether something was sent already, and this asks for something else."""
        return self.found is not None and self.found.status != RequestStatus.DRAFT


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Show the empty form, and take what was typed into it."""
    if request.method == "POST":
        return _posted(request, None)
    known = {"language": language_of(request), "fulfilment": "pickup"}
    user = request.user
    if user.is_authenticated and customer_of(request) is not None:
        known |= {"name": user.full_name, "email": user.email, "phone": str(user.phone or "")}
    return _drawn(_Sheet(request, blank(known), uuid4()))


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HttpRequest, token: str) -> HttpResponse:
    """Go on with a draft, or ask for another cake under the same number."""
    found = selectors.request_by_token(token)
    if found.status == RequestStatus.PAID:
        messages.error(request, "This cake is paid already. Its order can be changed.")
        return HttpResponseRedirect(request_path(found.public_id))
    if request.method == "POST":
        return _posted(request, found)
    return _drawn(_Sheet(request, selectors.typed_of(found), found.key, found))


@access.page(access.ANYONE)
@require_POST
@never_cache
def estimate(request: HttpRequest) -> HttpResponse:
    """Return the estimate alone, for the page's script."""
    throttling.require("custom_estimate", rate_bucket(client_address(request)))
    sheet = _Sheet(request, typed_of(request.POST.dict()), uuid4())
    _estimate(sheet)
    context = {**_estimate_context(sheet), "open": list(sheet.errors.values())[:1]}
    return render(request, "custom_cakes/_estimate.html", context)


def _posted(request: HttpRequest, found: CakeRequest | None) -> HttpResponse:
    """Do what the pressed button says, and lose nothing of what was typed."""
    post = request.POST.dict()
    sheet = _Sheet(request, typed_of(post), _key_of(post), found)
    do, _, what = post.get("do", "submit").partition(":")
    try:
        if do == "add_tier":
            sheet.typed = with_tier(sheet.typed)
        elif do == "remove_tier" and what.isascii() and what.isdecimal() and len(what) < 3:
            sheet.typed = without_tier(sheet.typed, int(what))
        elif do == "estimate":
            throttling.require("custom_estimate", rate_bucket(client_address(request)))
            _estimate(sheet)
        else:
            return _written(sheet, do, what)
    except DomainError as error:
        _explain(sheet, error)
    return _drawn(sheet)


def _written(sheet: _Sheet, do: str, what: str) -> HttpResponse:
    """Keep what was typed or send it; pictures come first, so that none has to be chosen again."""
    request = sheet.request
    throttling.require("custom_request", rate_bucket(client_address(request)))
    _take_picture(sheet)
    if do == "remove_photo":
        _drop_picture(sheet, what)
    if do in {"add_photo", "remove_photo"}:
        if sheet.is_revision or sheet.found is None:
            return _drawn(sheet)
        return HttpResponseRedirect(_edit_path(sheet.found), status=303)
    if do == "save" and not sheet.is_revision:
        made = _keep(sheet)
        messages.success(request, "Your wishes are kept. Come back by this page's address.")
        return HttpResponseRedirect(request_path(made.public_id), status=303)
    return _sent(sheet)


def _sent(sheet: _Sheet) -> HttpResponse:
    read = read_typed(sheet.typed, is_typed=True)
    sheet.errors = dict(read.errors)
    if not sheet.is_revision:
        sheet.errors |= services.contact_errors(contact=read.contact)
    if read.wishes is None or sheet.errors:
        sheet.http = 400
        return _drawn(sheet)
    if sheet.is_revision and sheet.found is not None:
        services.revise_request(
            request_id=sheet.found.pk,
            wishes=read.wishes,
            expected_version=_version(sheet.request),
            at=clock.now(),
        )
        messages.success(sheet.request, "We got your changes and look at them.")
        return HttpResponseRedirect(request_path(sheet.found.public_id), status=303)
    made = _submit(sheet, read)
    messages.success(sheet.request, f"We received your request {made.number}.")
    return HttpResponseRedirect(request_path(made.public_id), status=303)


def _submit(sheet: _Sheet, read: Read) -> CakeRequest:
    """Send it: a draft from its own page, or from the form that it was saved from."""
    wishes = read.wishes
    if wishes is None:
        raise Invalid("missing", "Describe the cake.", details={"field": "design"})
    throttling.require("custom_mailbox", fingerprint(read.contact.email))
    found = sheet.found or _draft_of(sheet.key)
    return services.submit_request(
        wishes=wishes,
        contact=read.contact,
        key=None if found else sheet.key,
        request_id=found.pk if found else None,
        user_id=customer_of(sheet.request),
        at=clock.now(),
    )


def _keep(sheet: _Sheet) -> CakeRequest:
    found = sheet.found or _draft_of(sheet.key)
    sheet.found = services.save_draft(
        typed=sheet.typed,
        key=sheet.key,
        request_id=found.pk if found else None,
        user_id=customer_of(sheet.request),
        at=clock.now(),
    )
    return sheet.found


def _draft_of(key: UUID) -> CakeRequest | None:
    """Return the draft that this very form made before: its key is known to nobody else."""
    return CakeRequest.objects.filter(key=key, status=RequestStatus.DRAFT).first()


def _take_picture(sheet: _Sheet) -> None:
    files = sheet.request.FILES.getlist("photo")
    if not files:
        return
    throttling.require("custom_photo", rate_bucket(client_address(sheet.request)))
    if not sheet.is_revision:
        _keep(sheet)
    if sheet.found is None:
        return
    for file in files[:MAX_PHOTOS]:
        data = file.read(MAX_BYTES + 1)
        services.add_photo(request_id=sheet.found.pk, data=data, at=clock.now())


def _drop_picture(sheet: _Sheet, what: str) -> None:
    if sheet.found is None:
        return
    if not sheet.is_revision:
        _keep(sheet)
    try:
        public_id = UUID(what)
    except ValueError:
        return
    services.remove_photo(request_id=sheet.found.pk, public_id=public_id, at=clock.now())


def _estimate(sheet: _Sheet) -> None:
    """Estimate as far as the cake is understood; what is missing elsewhere is no matter yet."""
    read = read_typed(sheet.typed, is_typed=True, needs_day=False)
    if read.design is None:
        sheet.errors = {
            name: error for name, error in read.errors.items() if name.startswith("design")
        }
        return
    names = ("guests", "wanted_on", "budget", "allergies")
    try:
        sheet.estimate = services.estimate_design(
            design=read.design, **{name: read.values[name] for name in names}, at=clock.now()
        )
    except Invalid as error:
        path = str(error.details.get("field") or "")
        sheet.errors = {f"design.{path}": error}


def _explain(sheet: _Sheet, error: DomainError) -> None:
    path = str(error.details.get("field") or "")
    sheet.http = error.status
    if isinstance(error, Invalid) and path:
        sheet.errors = {path: error}
    else:
        sheet.message = error.message


def _drawn(sheet: _Sheet) -> HttpResponse:
    found = sheet.found
    if sheet.estimate is None:
        # What is not filled in yet is no error before somebody sends it.
        errors = sheet.errors
        with suppress(throttling.TooMany):
            throttling.require("custom_estimate", rate_bucket(client_address(sheet.request)))
            _estimate(sheet)
        sheet.errors = errors
    context = {
        **form_context(sheet.typed, sheet.errors, language="en"),
        **_estimate_context(sheet),
        "key": sheet.key,
        "found": found,
        "token": request_token(found.public_id) if found else "",
        "action": _edit_path(found) if found else reverse("custom-cakes"),
        "is_revision": sheet.is_revision,
        "photos": selectors.photo_rows(found.pk) if found else [],
        "most_photos": MAX_PHOTOS,
        "message": sheet.message,
        "languages": settings.LANGUAGES,
        "currency": settings.SHOP_CURRENCY,
        "default_country": settings.SHOP_COUNTRY,
        "tomorrow": (clock.shop_date(clock.now()) + timedelta(days=1)).isoformat(),
    }
    return render(sheet.request, "custom_cakes/form.html", context, status=sheet.http)


def _estimate_context(sheet: _Sheet) -> Mapping[str, Any]:
    found = sheet.estimate
    return {"estimate": found.as_public() if found else None}


def _edit_path(found: CakeRequest) -> str:
    return reverse("custom-cake-edit", args=[request_token(found.public_id)])


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _key_of(post: Mapping[str, str]) -> UUID:
    """Return the key that the form was drawn with; a new one for what no form of ours had.

    Keys of the API are made of a mailbox and a client's own text, so that they could be guessed.
    """
    try:
        key = UUID(post.get("key", ""))
    except ValueError:
        return uuid4()
    return key if key.version == _RANDOM else uuid4()
