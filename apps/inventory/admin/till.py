"""Tills in the console: what they reported, and what only a person can decide."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.inventory import selectors, services
from apps.inventory.admin.care_forms import ResolveForm
from apps.inventory.admin.pages import attempt, attempt_form, form_page, page, require
from apps.inventory.models import Till, TillDelta, TillTransition
from apps.inventory.states import TillState
from bakery.edge.console import actor_of
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin
from bakery.kernel import clock

WHY = {
    "below_promised": "Fewer are free than it takes; the rest is promised to customers.",
    "unknown_sku": "No size has this SKU.",
    "kept_by_platform": "This size is counted by the platform, not by the till.",
    "unverified_count": "Nobody stands for this count: it needs a reason and who counted.",
    "no_count_kept": "This is made to order and has no stock.",
}


@admin.register(Till)
class TillAdmin(ReadOnlyAdmin):
    """Tills that have reported."""

    list_display = ("code", "received_up_to", "missing", "first_seen_at", "last_seen_at")

    @admin.display(description="missing reports")
    def missing(self, till: Till) -> str:
        """Show the gaps, with a button that stops waiting for them."""
        gaps = selectors.gaps_of(till)
        if not gaps:
            return "none"
        text = ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in gaps[:5])
        address = reverse("admin:inventory_till_abandon", args=[till.pk])
        return format_html('{} &middot; <a href="{}">Wait no longer</a>', text, address)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that gives gaps up."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/gaps/", wrap(self.abandon), name="inventory_till_abandon"),
            *super().get_urls(),
        ]

    def abandon(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then stop waiting for what never came."""
        require(request, "inventory.resolve_till")
        till = Till.objects.filter(pk=pk).first()
        if till is None:
            raise Http404
        gaps = selectors.gaps_of(till)
        if request.method == "POST" and gaps:
            attempt(
                request,
                lambda: services.abandon_missing(
                    till_id=pk, up_to=gaps[-1][1] + 1, actor=actor_of(request), at=clock.now()
                ),
                "The till's later reports are settled without them.",
            )
            return HttpResponseRedirect(reverse("admin:inventory_till_changelist"))
        return page(request, self, "till_gaps", f"Missing reports of {till.code}", gaps=gaps)


class OpenFilter(admin.SimpleListFilter):
    """Conflicts, unless something else is asked for."""

    title = "state"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all states."""
        return [("all", "All"), *((str(key), str(label)) for key, label in TillState.choices)]

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Open conflicts"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow by state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or TillState.CONFLICT)


class TransitionInline(HistoryInline):
    """What became of it."""

    model = TillTransition


@admin.register(TillDelta)
class TillDeltaAdmin(ReadOnlyAdmin):
    """Reports of tills."""

    list_display = (
        "links", "kind", "quantity", "sku", "why", "state", "occurred_at", "till", "seq",
    )  # fmt: skip
    list_display_links = ("seq",)
    list_select_related = ("till",)
    list_filter = (OpenFilter, "kind", "till")
    search_fields = ("sku",)
    inlines = (TransitionInline,)

    @admin.display(description="why")
    def why(self, delta: TillDelta) -> str:
        """Say what stands against it."""
        return WHY.get(delta.code, delta.code)

    @admin.display(description="to do")
    def links(self, delta: TillDelta) -> str:
        """Lead to the decision."""
        if delta.state != TillState.CONFLICT:
            return ""
        address = reverse("admin:inventory_tilldelta_resolve", args=[delta.pk])
        return format_html('<a href="{}">Decide</a>', address)

    def get_urls(self) -> list[URLPattern]:
        """Add the form."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/resolve/", wrap(self.resolve), name="inventory_tilldelta_resolve"),
            *super().get_urls(),
        ]

    def resolve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the decision."""
        require(request, "inventory.resolve_till")
        delta = TillDelta.objects.select_related("till").filter(pk=pk).first()
        if delta is None:
            raise Http404
        form = ResolveForm(request.POST or None, initial={"how": "apply"})
        if request.method == "POST" and form.is_valid():
            settled = attempt_form(
                form,
                lambda: services.resolve_conflict(
                    delta_id=pk, **form.cleaned_data, actor=actor_of(request), at=clock.now()
                ),
            )
            if settled is not None:
                messages.success(request, f"Settled: stock changed by {settled.applied:+d}.")
                return HttpResponseRedirect(reverse("admin:inventory_tilldelta_changelist"))
        title = f"{delta.get_kind_display()} of {delta.quantity} {delta.sku} at {delta.till.code}"
        return form_page(
            request, self, title, form=form, button="Settle",
            intro=WHY.get(delta.code, delta.code),
        )  # fmt: skip
