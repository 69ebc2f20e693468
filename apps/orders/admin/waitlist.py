"""The line for full days in the console: who waits for which day, and what is offered."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.orders import selectors, services
from apps.orders.models import WaitEntry
from apps.orders.rules.event_day import day_text
from apps.orders.rules.pickup import short_text
from apps.orders.states import WaitState
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

PERMISSION = "orders.manage_waitlist"


class StillWaiting(admin.SimpleListFilter):
    """Whose turn may still come, unless something else is asked for."""

    title = "whose turn"
    parameter_name = "turn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer what is over, and all."""
        return [("over", "Over"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "May still come"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[WaitEntry]) -> QuerySet[WaitEntry]:
        """Narrow by state."""
        active = (WaitState.WAITING, WaitState.OFFERED)
        if self.value() == "all":
            return queryset
        if self.value() == "over":
            return queryset.exclude(state__in=active)
        return queryset.filter(state__in=active)


@admin.register(WaitEntry)
class WaitAdmin(ReadOnlyAdmin):
    """Who waits, in the order in which they are served."""

    list_display = ("place", "wanted", "email", "needs", "state", "offer", "joined", "remove")
    list_display_links = None
    list_filter = (StillWaiting,)
    search_fields = ("email",)
    ordering = ("day", "pk")
    actions = None
    change_list_template = "admin/orders/waitentry/change_list.html"

    @admin.display(description="no.", ordering="pk")
    def place(self, entry: WaitEntry) -> int:
        """Show the number by which they are served."""
        return entry.pk

    @admin.display(description="wants", ordering="day")
    def wanted(self, entry: WaitEntry) -> str:
        """Show the day, or the one time."""
        words = f"{entry.day:%a} {entry.day.day} {entry.day:%b %Y}"
        return words if entry.slot_id is None else f"{words}, one time"

    @admin.display(description="needs")
    def needs(self, entry: WaitEntry) -> str:
        """Show what of a pickup time it takes."""
        parts = (
            (entry.pieces, "pcs"),
            (entry.oven_minutes, "min oven"),
            (entry.decorator_minutes, "min decorating"),
        )
        return ", ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "a place"

    @admin.display(description="offer until", ordering="offer_until")
    def offer(self, entry: WaitEntry) -> str:
        """Show until when a place is held."""
        if entry.state == WaitState.ACCEPTED:
            return entry.order_number
        return short_text(entry.offer_until, clock.shop_zone()) if entry.offer_until else "-"

    @admin.display(description="since", ordering="joined_at")
    def joined(self, entry: WaitEntry) -> str:
        """Show when they joined."""
        return short_text(entry.joined_at, clock.shop_zone())

    @admin.display(description="")
    def remove(self, entry: WaitEntry) -> SafeString | str:
        """Offer to take them out."""
        if entry.state not in {WaitState.WAITING, WaitState.OFFERED}:
            return ""
        # The list is one form already; the button belongs to another one, below it.
        return format_html(
            '<button class="button" form="wait-remove" name="entry" value="{}">Remove</button>',
            entry.pk,
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the days that are waited for above the list."""
        today = clock.shop_date(clock.now())
        days = (
            [
                (row, day_text(row.day, today=today))
                for row in selectors.days_waited_for(since=today)
            ]
            if self.has_view_permission(request)
            else []
        )
        return super().changelist_view(request, {"days": days, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """Add the button."""
        take_out = self.admin_site.admin_view(require_POST(self.take_out))
        take_out.model_admin = self  # type: ignore[attr-defined]  # says that the console guards it
        return [path("remove/", take_out, name="orders_waitentry_remove"), *super().get_urls()]

    def take_out(self, request: HttpRequest) -> HttpResponse:
        """Take somebody out of the line."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        text, reason = request.POST.get("entry", ""), request.POST.get("reason", "").strip()[:500]
        back = HttpResponseRedirect(reverse("admin:orders_waitentry_changelist"))
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise Http404
        if not reason:
            messages.error(request, "Say why.")
            return back
        try:
            services.leave_waitlist(
                entry_id=int(text), actor=actor_of(request), reason=reason, at=clock.now()
            )
        except DomainError as error:
            if error.status == 404:
                raise Http404 from error
            messages.error(request, error.message)
        else:
            messages.success(request, "They are out of the line.")
        return back
