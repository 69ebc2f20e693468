"""The counter in the console: orders and money taken, orders handed out, and who did not come."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.orders.admin import counter, hand_over, labour, notes
from apps.orders.models import HandOver
from apps.orders.rules.pickup import short_text
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock

# Name of the address, route, view and the permission that it needs.
_Page = tuple[str, str, Callable[..., HttpResponse], str]
PAGES: tuple[_Page, ...] = (
    ("take", "take/", counter.take_page, "orders.take_order"),
    ("drawer", "drawer/", counter.drawer_page, "orders.take_payment"),
    ("payment", "<int:order_id>/payment/", counter.payment_page, "orders.take_order"),
    ("find", "find/", hand_over.find_page, "orders.operate_order"),
    ("late", "late/", hand_over.late_page, "orders.operate_order"),
    ("out", "<int:order_id>/hand-over/", hand_over.hand_over_page, "orders.operate_order"),
    ("labour", "<int:order_id>/labour/", labour.labour_page, "orders.operate_order"),
    ("notes", "<int:order_id>/notes/", notes.notes_page, "orders.operate_order"),
    (
        "picture",
        "<int:order_id>/pictures/<uuid:picture_id>/",
        notes.picture_page,
        "orders.operate_order",
    ),
)


@admin.register(HandOver)
class HandOverAdmin(ReadOnlyAdmin):
    """Who took which order, and how that was proved; beside it the pages of the counter."""

    list_display = ("order", "taken_by", "how", "when", "handed_out_by", "proofs")
    list_display_links = None
    list_filter = ("how",)
    search_fields = ("order__number", "order__handed_to")
    search_help_text = "Number of the order, or the name of who took it."
    ordering = ("-pk",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOver]:
        """Read the columns of the list in one query."""
        return super().get_queryset(request).select_related("order")

    @admin.display(description="taken by")
    def taken_by(self, row: HandOver) -> str:
        """Show the name, if one was given."""
        return row.order.handed_to or "-"

    @admin.display(description="when", ordering="at")
    def when(self, row: HandOver) -> str:
        """Show the shop's time."""
        return short_text(row.at, clock.shop_zone())

    @admin.display(description="by")
    def handed_out_by(self, row: HandOver) -> str:
        """Show the account."""
        return row.by

    @admin.display(description="proof")
    def proofs(self, row: HandOver) -> str:
        """Show what was kept."""
        kept = [("signature", row.signature_id), ("photo", row.photo_id)]
        return ", ".join(word for word, there in kept if there) or row.reason or "-"

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the counter."""
        own = []
        for name, route, view, permission in PAGES:
            guarded: Any = self.admin_site.admin_view(self._page(view, permission))
            guarded.model_admin = self  # says that the console guards it
            own.append(path(route, guarded, name=f"orders_handover_{name}"))
        return [*own, *super().get_urls()]

    def _page(
        self, view: Callable[..., HttpResponse], permission: str
    ) -> Callable[..., HttpResponse]:
        """Return ``view`` for who holds ``permission``, with the console's context."""

        def page(request: HttpRequest, **arguments: int | UUID) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                # A tablet's width belongs to the work.
                "is_nav_sidebar_enabled": False,
            }
            return view(request, context, **arguments)

        return page
