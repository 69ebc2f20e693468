"""Drafts in the console: the list of all, and the page of a custom cake's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog.models import Product
from apps.descriptions.admin.marking import shown_texts
from apps.descriptions.admin.product import ProductPage
from apps.descriptions.models import Draft
from apps.descriptions.states import DraftStatus, Subject
from bakery.edge.readonly import ReadOnlyAdmin

FLAGS = {
    DraftStatus.QUEUED: "warn",
    DraftStatus.READY: "draft",
    DraftStatus.REFUSED: "bad",
    DraftStatus.FAILED: "bad",
    DraftStatus.PUBLISHED: "published",
    DraftStatus.DISCARDED: "archived",
}


@admin.register(Draft)
class DraftAdmin(ProductPage, ReadOnlyAdmin):
    """What was drafted, newest first."""

    list_display = ("about", "state", "writer", "asked_at", "asked_by")
    list_display_links = ("about",)
    list_filter = ("status", "subject", "composer")
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        """Leave the texts in the database: the list shows none of them."""
        rows: QuerySet[Draft] = super().get_queryset(request)
        return rows.defer("long", "facts", "rejected", "drafted")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Read the names of the page's products at once."""
        return super().changelist_view(
            request, {"title": "Drafts of descriptions", **(extra_context or {})}
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Put the product's name beside each row: one statement for the page."""
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        keys = {int(row.reference) for row in rows if row.subject == Subject.PRODUCT}
        names = dict(Product.objects.filter(pk__in=keys).order_by().values_list("pk", "name"))
        for row in rows:
            row.title = names.get(int(row.reference)) if row.subject == Subject.PRODUCT else None
        changes.result_list = rows
        return changes

    @admin.display(description="about")
    def about(self, row: Any) -> str:
        """Show the product's name, or the number of the request."""
        return str(row.title or f"Custom cake {row.reference}")

    @admin.display(description="state")
    def state(self, row: Draft) -> SafeString:
        """Show where it stands."""
        flag = FLAGS[DraftStatus(row.status)]
        label = row.get_status_display()
        return format_html('<span class="flag flag-{}">{}</span>', flag, label)

    @admin.display(description="written by")
    def writer(self, row: Draft) -> str:
        """Show who wrote it."""
        return row.model or row.get_composer_display()

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a product's texts."""
        page = self.admin_site.admin_view(self.product_page)
        return [
            path("product/<int:product_id>/", page, name="descriptions_product"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Go to the product's texts; show what was drafted about a custom cake, to be read."""
        row: Draft = self.row_to_show(request, object_id)
        if row.subject == Subject.PRODUCT:
            address = reverse("admin:descriptions_product", args=[row.reference])
            return HttpResponseRedirect(f"{address}?draft={row.pk}")
        typed = {"short": row.short, "long": row.long, "seo": row.seo}
        context = self.page_context(
            request,
            title=f"Draft about custom cake {row.reference}",
            row=row,
            flag=FLAGS[DraftStatus(row.status)],
            texts=shown_texts(row, typed=typed, present={}),
        )
        return render(request, "admin/descriptions/custom.html", context)
