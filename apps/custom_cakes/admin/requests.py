"""Requests for custom cakes in the console: what waits for the shop, and one desk for each."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.custom_cakes.admin.desk import desk_page, desk_preview
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.showing import status_text, status_tone
from apps.custom_cakes.selectors.requests_list import (
    listed_requests,
    request_of_order,
    waiting_count,
)
from apps.custom_cakes.states import RequestStatus
from bakery.edge.badges import Badge, add_badge
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money, wording

_TONES = {"ok": "published", "warn": "warn", "bad": "bad", "": "draft"}
SEE = "custom_cakes.view_cakerequest"


class StateFilter(admin.SimpleListFilter):
    """By what is to be done; what waits for the shop is shown first."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states by name, and all of them."""
        states = [
            (status.value, status_text(status))
            for status in RequestStatus
            if status not in {RequestStatus.DRAFT, RequestStatus.PENDING_REVIEW}
        ]
        return [*states, ("all", "All that were sent")]

    def choices(self, changelist: Any) -> Any:
        """Call the default what it is."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Waiting for us"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[CakeRequest]) -> Any:
        """Filter."""
        value = self.value()
        if value == "all":
            return queryset
        known = value if value in RequestStatus.values else RequestStatus.PENDING_REVIEW
        return queryset.filter(status=known)


class DueFilter(admin.SimpleListFilter):
    """By the day for which a cake is wanted."""

    title = "wanted for"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return spans."""
        return [
            ("7", "The next 7 days"),
            ("14", "The next 14 days"),
            ("past", "A day that is over"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Filter."""
        today = clock.shop_date(clock.now())
        if self.value() == "past":
            return queryset.filter(wanted_on__lt=today)
        if self.value() in {"7", "14"}:
            until = today + timedelta(days=int(str(self.value())))
            return queryset.filter(wanted_on__gte=today, wanted_on__lte=until)
        return queryset


@admin.register(CakeRequest)
class CakeRequestAdmin(ReadOnlyAdmin):
    """Requests, the oldest first: whoever waits longest is answered first."""

    list_display = ("number", "state", "wanted", "customer_name", "asked", "likely", "waits")
    list_filter = (StateFilter, DueFilter)
    search_fields = ("number", "customer_name", "customer_email", "customer_phone")
    search_help_text = "Number, name, e-mail address or phone."
    ordering = ("submitted_at", "pk")
    sortable_by = ("number", "wanted")
    show_facets = admin.ShowFacets.NEVER
    actions = None

    class Media:
        css = {"all": ("custom_cakes/list.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what the list shows in one statement."""
        return listed_requests()

    def get_urls(self) -> list[URLPattern]:
        """Add what the desk's script asks for."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:request_id>/preview/",
                wrap(self.preview),
                name="custom_cakes_cakerequest_preview",
            ),
            path(
                "order/<int:order_id>/", wrap(self.of_order), name="custom_cakes_cakerequest_order"
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the desk."""
        row = self.row_to_show(request, object_id, takes_posts=True)
        return desk_page(request, self.page_context(request), row.pk)

    def preview(self, request: HttpRequest, request_id: int) -> HttpResponse:
        """Tell what a typed price comes to."""
        if request.method != "POST" or not request.user.has_perm(SEE):
            raise PermissionDenied
        return desk_preview(request, request_id)

    def of_order(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Lead from an order to the request of its offer, also when another took its place."""
        if not request.user.has_perm(SEE):
            raise PermissionDenied
        request_id = request_of_order(order_id)
        if request_id is None:
            raise Http404
        return redirect("admin:custom_cakes_cakerequest_change", request_id)

    @admin.display(description="state", ordering="status")
    def state(self, row: CakeRequest) -> SafeString:
        """Show the state as its customer sees it."""
        tone = _TONES[status_tone(row.status)]
        return format_html('<span class="flag flag-{}">{}</span>', tone, status_text(row.status))

    @admin.display(description="wanted for", ordering="wanted_on")
    def wanted(self, row: Any) -> str:
        """Show the day."""
        return wording.day_text(row.wanted_on) if row.wanted_on else "-"

    @admin.display(description="asked for")
    def asked(self, row: Any) -> str:
        """Show the size of it."""
        tiers = row.tiers or 0
        guests = f", {row.guests} guests" if row.guests else ""
        return f"{tiers} tier{'' if tiers == 1 else 's'}{guests}"

    @admin.display(description="estimate")
    def likely(self, row: Any) -> str:
        """Show what the customer was told."""
        if row.low is None:
            return "-"
        low, high = (money.display(value, row.currency) for value in (row.low, row.high))
        return f"{low} to {high}"

    @admin.display(description="sent", ordering="submitted_at")
    def waits(self, row: CakeRequest) -> str:
        """Show since when."""
        if row.submitted_at is None:
            return "-"
        return wording.moment_text(row.submitted_at, clock.shop_zone())


add_badge(
    Badge(
        label="Custom cakes to decide",
        url="admin:custom_cakes_cakerequest_changelist",
        permission=SEE,
        count=waiting_count,
    )
)
