"""The texts of one product: ask for a draft, read it beside what the shop says, edit, publish."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from apps.catalog import selectors as catalog
from apps.catalog.models import Product
from apps.descriptions import selectors, services
from apps.descriptions.admin.marking import claims_that_must_not_stand, shown_changes, shown_texts
from apps.descriptions.models import Draft
from apps.descriptions.rules.composing import event_types
from apps.descriptions.rules.facts import MAX_DETAIL
from apps.descriptions.rules.texts import COLUMNS
from apps.descriptions.states import DraftStatus, Subject, Tone
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, DomainError, NotFound

_PERMISSION = "descriptions.publish_draft"
_SHOWN = 10
_OPEN = {DraftStatus.READY, DraftStatus.REFUSED}
_LANGUAGES = [("en", "English"), ("fr", "French")]


class AskForm(forms.Form):
    """What a draft shall be like."""

    tone = forms.ChoiceField(choices=Tone.choices, initial=Tone.PLAIN)
    event_type = forms.ChoiceField(choices=[], required=False, label="Occasion")
    language = forms.ChoiceField(choices=_LANGUAGES)
    flavour = forms.CharField(
        max_length=MAX_DETAIL, required=False, help_text="Where the recipe does not say it."
    )
    decoration = forms.CharField(max_length=MAX_DETAIL, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        occasions = [("", "none"), *((name, name) for name in sorted(event_types()))]
        self.fields["event_type"].choices = occasions  # type: ignore[attr-defined]  # of a choice


class ProductPage:
    """The page; a part of the admin of drafts."""

    admin_site: Any
    page_context: Callable[..., dict[str, Any]]

    def product_page(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Show a product's drafts, and carry out the button that was pressed."""
        if not request.user.has_perm("descriptions.view_draft"):
            raise PermissionDenied
        try:
            product = catalog.any_product(product_id if product_id < 2**63 else 0)
        except NotFound as error:
            raise Http404 from error
        if request.method != "POST":
            return self._show(request, product)
        if not request.user.has_perm(_PERMISSION):
            raise PermissionDenied
        if request.POST.get("do") == "ask":
            return self._ask(request, product)
        return self._decide(request, product)

    def _ask(self, request: HttpRequest, product: Product) -> HttpResponse:
        form = AskForm(request.POST)
        if not form.is_valid():
            return self._show(request, product, form=form, status=400)
        try:
            services.ask_draft(
                subject=Subject.PRODUCT,
                reference=str(product.pk),
                asked_by=actor_of(request),
                at=clock.now(),
                **form.cleaned_data,
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return self._show(request, product, form=form, status=error.status)
        return HttpResponseRedirect(_address(product))

    def _decide(self, request: HttpRequest, product: Product) -> HttpResponse:
        """Carry out a button of the draft; whatever is refused, what was typed stays in place."""
        draft = _posted_draft(request, product)
        typed = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in COLUMNS}
        try:
            told = _carry_out(request, draft, typed)
        except DomainError as error:
            messages.error(request, error.message)
            shown = selectors.any_draft(draft.pk)
            stale = isinstance(error, Conflict)
            return self._show(
                request, product, draft=shown, typed=typed, stale=stale, status=error.status
            )
        messages.success(request, told)
        return HttpResponseRedirect(f"{_address(product)}?draft={draft.pk}")

    def _show(
        self,
        request: HttpRequest,
        product: Product,
        *,
        form: AskForm | None = None,
        draft: Draft | None = None,
        typed: dict[str, str] | None = None,
        stale: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        at = clock.now()
        product = catalog.any_product(product.pk)
        drafts = list(selectors.drafts_of(Subject.PRODUCT, str(product.pk))[:_SHOWN])
        draft = draft or _chosen(request, drafts)
        present = {name: getattr(product, column) for name, column in COLUMNS.items()}
        context = self.page_context(
            request,
            title=f"Descriptions of {product.name}",
            product=product,
            draft=draft,
            is_open=draft is not None and draft.status in _OPEN,
            is_queued=draft is not None and draft.status == DraftStatus.QUEUED,
            may_publish=request.user.has_perm(_PERMISSION),
            needs_reason=_needs_reason(draft),
            stale=stale,
            reason=request.POST.get("reason", ""),
            read_at=product.updated_at.isoformat(),
            texts=_texts(draft, typed, present),
            alarms=claims_that_must_not_stand(
                present, selectors.product_facts(product.pk), clock.shop_date(at)
            ),
            history=[(row, _changes(row)) for row in drafts],
            form=form or AskForm(),
        )
        return render(request, "admin/descriptions/product.html", context, status=status)


def _address(product: Product) -> str:
    return reverse("admin:descriptions_product", args=[product.pk])


def _posted_draft(request: HttpRequest, product: Product) -> Draft:
    key = _whole(request.POST.get("draft"))
    try:
        draft = selectors.any_draft(key, subject=Subject.PRODUCT)
    except NotFound as error:
        raise Http404 from error
    if draft.reference != str(product.pk):
        raise Http404
    return draft


def _chosen(request: HttpRequest, drafts: list[Draft]) -> Draft | None:
    """Return the draft that the address names, else the newest."""
    wanted = _whole(request.GET.get("draft"))
    return next((row for row in drafts if row.pk == wanted), drafts[0] if drafts else None)


def _carry_out(request: HttpRequest, draft: Draft, typed: dict[str, str]) -> str:
    """Do what the button says and return what to tell. Raises `DomainError`."""
    by: dict[str, Any] = {"draft_id": draft.pk, "actor": actor_of(request), "at": clock.now()}
    version, action = _whole(request.POST.get("version")), request.POST.get("do")
    if action == "discard":
        services.discard_draft(expected_version=version, **by)
        return "The draft is put aside."
    if action == "again":
        services.ask_again(expected_version=version, **by)
        return "It is written once more."
    if action not in {"check", "publish"}:
        raise Http404
    is_edited = typed != {name: getattr(draft, name) for name in COLUMNS}
    if action == "check" or is_edited or draft.version != version:
        version = services.edit_draft(expected_version=version, texts=typed, **by).version
    if action == "check":
        return "Saved with the draft and checked. The shop shows what it showed."
    services.publish_draft(
        expected_version=version,
        read_at=_moment(request.POST.get("read_at", "")),
        reason=request.POST.get("reason", ""),
        **by,
    )
    return "Published: the shop shows these texts now."


def _texts(draft: Draft | None, typed: dict[str, str] | None, present: dict[str, str]) -> list[Any]:
    if draft is None:
        return []
    stored = {name: getattr(draft, name) for name in COLUMNS}
    return shown_texts(draft, typed=typed or stored, present=present)


def _changes(row: Draft) -> list[Any]:
    publication = getattr(row, "publication", None)
    return shown_changes(publication) if publication else []


def _needs_reason(draft: Draft | None) -> bool:
    problems = draft.problems if draft is not None else []
    return bool(problems) and not any(problem["binding"] for problem in problems)


def _whole(text: str | None) -> int:
    """Return a key or version as it was posted, 0 for what is none."""
    given = text or ""
    is_number = given.isascii() and given.isdecimal() and len(given) < 16
    return int(given) if is_number else 0


def _moment(text: str) -> datetime:
    """Return when the product was read; a moment that is none is as stale as any."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Conflict("edited_meanwhile", "Reload the page, then publish.")
    return found
