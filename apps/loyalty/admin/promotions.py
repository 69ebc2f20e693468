"""Promotions in the console: list, form, switch, copy, and a try on a sample cart."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.loyalty import selectors, services
from apps.loyalty.admin import promotion_forms as forms
from apps.loyalty.admin.pages import (
    attempt,
    attempt_form,
    gift_text,
    page,
    require,
    state_flag,
    uses_text,
    window_text,
)
from apps.loyalty.models import Coupon, Promotion, Redemption
from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.selectors.promotion_terms import promotions_by_id
from apps.loyalty.services.promotion_editing import GRANTED
from apps.loyalty.states import PromotionState
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock

_SEE, _ADD, _CHANGE = (f"loyalty.{verb}_promotion" for verb in ("view", "add", "change"))
_SHOWN_COUPONS = 50


class StateFilter(admin.SimpleListFilter):
    """By what a promotion is now."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the states."""
        return [(str(value), str(label)) for value, label in PromotionState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> Any:
        """Keep those of the chosen state."""
        chosen: Any = queryset
        state = self.value() or ""
        return chosen.in_state(state, clock.now()) if state in PromotionState.values else chosen


@admin.register(Promotion)
class PromotionAdmin(ReadOnlyAdmin):
    """What is given, to whom and when."""

    list_display = ("name", "gives", "state", "applied", "uses", "window", "priority")
    list_filter = (StateFilter, "kind", "needs_code")
    search_fields = ("name", "coupons__code")
    change_list_template = "admin/loyalty/promotion/change_list.html"

    @admin.display(description="gives")
    def gives(self, row: Promotion) -> str:
        """Say what it gives."""
        return gift_text(_terms(row))

    @admin.display(description="state")
    def state(self, row: Promotion) -> SafeString:
        """Say what it is now."""
        return state_flag(_terms(row).state(clock.now()))

    @admin.display(description="applied")
    def applied(self, row: Promotion) -> str:
        """Say what brings it and whether it goes with others."""
        how = "with a code" if row.needs_code else "automatic"
        return f"{how}, alone" if row.exclusive else how

    @admin.display(description="uses", ordering="used")
    def uses(self, row: Promotion) -> str:
        """Say how often it is used."""
        return uses_text(row.used, row.max_uses)

    @admin.display(description="when (shop's time)")
    def window(self, row: Promotion) -> str:
        """Say from when to when it holds."""
        return window_text(_terms(row))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the button to whoever may add one; the page is our own."""
        return bool(request.user.has_perm(_ADD))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages and buttons."""
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.preview), name="loyalty_promotion_preview"),
            path("<int:pk>/copy/", wrap(require_POST(self.copy)), name="loyalty_promotion_copy"),
            path(
                "<int:pk>/switch/", wrap(require_POST(self.switch)), name="loyalty_promotion_switch"
            ),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Take a new promotion."""
        require(request, _ADD)
        form = forms.PromotionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            made = attempt_form(
                form,
                lambda: services.create_promotion(
                    values=form.values(),
                    reason=form.cleaned_data["reason"],
                    actor=actor_of(request),
                    at=clock.now(),
                ),
            )
            if made is not None:
                attempt(request, lambda: made, f"{made.name} is made.")
                return HttpResponseRedirect(_address(made.pk))
        return page(request, self, "form", "Add a promotion", **_form_context(form), may_save=True)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a promotion with its coupons, and change it."""
        require(request, _SEE)
        terms = _found(object_id)
        row = Promotion.objects.get(pk=terms.id)
        is_used = Redemption.objects.filter(promotion=row).exists()
        may_save = request.user.has_perm(_CHANGE)
        form = forms.PromotionForm(request.POST or None, initial=_initial(terms, row))
        for name in GRANTED if is_used else ():
            form.fields[name].disabled = True
        for field in () if may_save else form.fields.values():
            field.disabled = True
        if request.method == "POST":
            require(request, _CHANGE)
            if form.is_valid() and self._save(request, form, row.pk):
                return HttpResponseRedirect(_address(row.pk))
        coupons = Coupon.objects.filter(promotion=row)[: _SHOWN_COUPONS + 1]
        context = {
            **_form_context(form),
            "row": row,
            "state": state_flag(terms.state(clock.now())),
            "gives": gift_text(terms),
            "uses": uses_text(row.used, row.max_uses),
            "window": window_text(terms),
            "is_used": is_used,
            "may_save": may_save,
            "coupons": list(coupons)[:_SHOWN_COUPONS] if row.needs_code else [],
            "has_more": len(coupons) > _SHOWN_COUPONS,
        }
        return page(request, self, "form", row.name, **context)

    def _save(self, request: HttpRequest, form: forms.PromotionForm, pk: int) -> bool:
        saved = attempt_form(
            form,
            lambda: services.change_promotion(
                promotion_id=pk,
                values=form.values(),
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=clock.now(),
            ),
        )
        return saved is not None and attempt(request, lambda: saved, "Saved.") is not None

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Switch a promotion on or off."""
        require(request, _CHANGE)
        is_active = request.POST.get("is_active") == "1"
        attempt(
            request,
            lambda: services.switch_promotion(
                promotion_id=pk, is_active=is_active, actor=actor_of(request), at=clock.now()
            ),
            "Switched on." if is_active else "Switched off: carts do not get it any more.",
        )
        return HttpResponseRedirect(_address(pk))

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make another promotion of the same words, switched off."""
        require(request, _ADD)
        made = attempt(
            request,
            lambda: services.copy_promotion(
                promotion_id=pk, actor=actor_of(request), at=clock.now()
            ),
            "This is the copy. It is switched off until you say so.",
        )
        return HttpResponseRedirect(_address(pk if made is None else made.pk))

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Work promotions out on a sample cart; changes nothing, so its address can be kept."""
        require(request, _SEE)
        asked = request.GET if "form-TOTAL_FORMS" in request.GET else None
        rows = forms.SampleFormSet(asked, form_kwargs={"choices": forms.sample_choices()})
        chosen = forms.TryForm(asked, initial={"tried": request.GET.getlist("tried")})
        context: dict[str, Any] = {"rows": rows, "chosen": chosen}
        if asked is not None and rows.is_valid() and chosen.is_valid():
            context |= _preview(rows, chosen)
        return page(request, self, "preview", "Try on a sample cart", **context)


def _preview(rows: Any, chosen: forms.TryForm) -> dict[str, Any]:
    given = [row.cleaned_data for row in rows if row.cleaned_data.get("variant")]
    goods = [(row["variant"], row["quantity"] or 1) for row in given]
    lines, names = selectors.sample_lines(goods)
    ids = [row.pk for row in chosen.cleaned_data["tried"]]
    offers, found = selectors.preview_offers(lines, promotion_ids=ids, at=clock.now())
    discounts = offers.discounts(len(lines))
    total = sum(line.amount for line in lines)
    return {
        "lines": [
            {"name": name, "line": line, "off": off, "due": line.amount - off}
            for name, line, off in zip(names, lines, discounts, strict=True)
        ],
        "found": [
            {"row": row, "gives": gift_text(row.terms), "state": state_flag(row.state)}
            for row in found
        ],
        "total": total,
        "off": sum(discounts),
        "due": total - sum(discounts),
    }


def _terms(row: Promotion) -> Terms:
    """Return what a list shows of a promotion, without its scopes."""
    names = ("id", "name", "kind", "value", "buy_quantity", "get_quantity", "max_uses", "used",
             "starts_at", "ends_at", "is_active")  # fmt: skip
    return Terms(**{name: getattr(row, name) for name in names})


def _found(object_id: str) -> Terms:
    if object_id.isascii() and object_id.isdecimal() and len(object_id) < 19:
        for terms in promotions_by_id([int(object_id)]):
            return terms
    raise Http404


def _initial(terms: Terms, row: Promotion) -> dict[str, Any]:
    names = [name for name in forms.PromotionForm.base_fields if name != "reason"]
    values = {name: getattr(terms, name, None) for name in names}
    return {
        **values,
        "needs_code": "1" if terms.needs_code else "",
        "per_customer_limit": row.per_customer_limit,
    }


def _form_context(form: forms.PromotionForm) -> dict[str, Any]:
    return {
        "form": form,
        "sections": [
            (title, [(form[name], forms.KINDS_OF.get(name, "")) for name in names])
            for title, names in forms.SECTIONS
        ],
    }


def _address(pk: int) -> str:
    return reverse("admin:loyalty_promotion_change", args=[pk])
