"""Receipts and credit notes in the console."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.receipts import selectors
from apps.receipts.models import Document
from apps.receipts.rules.view import missing_words, view_of
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money

_HIDDEN = "erased"


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """What was issued; nothing of it ever changes."""

    list_display = ("label", "issued", "kind", "order_number", "buyer", "sum", "state")
    list_display_links = ("label",)
    list_filter = ("kind", "is_complete", "issued_on")
    search_fields = ("=number", "=order__number")
    search_help_text = "The number of a receipt or of an order, in full."
    ordering = ("-issued_at",)
    sortable_by = ("issued",)
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/receipts/document_list.html"
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by key: there is a document for each order there ever was."""
        return KeysetChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the columns of the list in one query."""
        return selectors.listed_documents()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list."""
        return super().changelist_view(
            request, {"title": "Receipts and credit notes", **(extra_context or {})}
        )

    @admin.display(description="number")
    def label(self, row: Document) -> str:
        """Show the number."""
        return row.number

    @admin.display(description="issued", ordering="issued_at")
    def issued(self, row: Document) -> str:
        """Show the shop's date."""
        return f"{row.issued_on:%a} {row.issued_on.day} {row.issued_on:%b %Y}"

    @admin.display(description="order")
    def order_number(self, row: Document) -> SafeString:
        """Link to the order."""
        address = reverse("admin:orders_order_change", args=[row.order_id])
        return format_html('<a href="{}">{}</a>', address, row.order.number)

    @admin.display(description="for")
    def buyer(self, row: Any) -> str:
        """Show who bought, but not once they were erased."""
        return _HIDDEN if row.order.erased_at is not None else row.buyer_name or "-"

    @admin.display(description="total")
    def sum(self, row: Document) -> str:
        """Show a credit note's total below zero."""
        sign = -1 if row.kind == "credit_note" else 1
        return money.display(sign * row.total, row.currency)

    @admin.display(description="file")
    def state(self, row: Document) -> SafeString:
        """Show whether its file is sealed, and whether it lacks something."""
        sealed = ("published", "sealed") if hasattr(row, "seal") else ("draft", "being made")
        flag = format_html('<span class="flag flag-{}">{}</span>', *sealed)
        if row.is_complete:
            return flag
        return format_html('{} <span class="flag flag-bad">incomplete</span>', flag)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what a document says, and what became of its file."""
        row: Document = self.row_to_show(request, object_id)
        context = {
            **self.page_context(request),
            "title": f"{row.get_kind_display().capitalize()} {row.number}",
            "row": row,
            "view": view_of(row.content),
            "sees_buyer": selectors.may_see_buyer(row, request.user),
            "missing": [missing_words(name) for name in row.content["missing"]],
            "issued": _when(row),
            "seal": getattr(row, "seal", None),
            "file_url": reverse("staff-receipt", args=[row.number]),
            "others": Document.objects.filter(order_id=row.order_id)
            .exclude(pk=row.pk)
            .order_by("position")
            .only("number", "kind"),
        }
        return render(request, "admin/receipts/document_page.html", context)


def _when(row: Document) -> str:
    local = row.issued_at.astimezone(clock.shop_zone())
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"
