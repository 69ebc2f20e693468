"""The range in the console: products with their sizes, and buttons for their life."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.catalog import selectors, services
from apps.catalog.admin.bulk import BulkChanges
from apps.catalog.admin.editing import CarefulEditing
from apps.catalog.admin.filters import NeedsFilter
from apps.catalog.admin.forms import ProductForm
from apps.catalog.admin.imports import ImportPages
from apps.catalog.admin.listing import ListColumns, ProductChangeList, list_query, search
from apps.catalog.admin.sizes import VariantInline
from apps.catalog.models import Product, Variant
from apps.catalog.states import PRODUCT_LIFE, ProductKind, ProductStatus
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

STEPS: dict[str, tuple[str, ProductStatus, Callable[..., Any]]] = {
    "publish": ("Publish", ProductStatus.PUBLISHED, services.publish_product),
    "unpublish": ("Back to draft", ProductStatus.DRAFT, services.unpublish_product),
    "archive": ("Archive", ProductStatus.ARCHIVED, services.archive_product),
}
SIZE_STEPS: dict[str, Callable[..., Variant]] = {
    "archive": services.archive_variant,
    "restore": services.restore_variant,
}


@admin.register(Product)
class ProductAdmin(ListColumns, BulkChanges, ImportPages, CarefulEditing):
    """Products of any status."""

    form = ProductForm
    inlines = (VariantInline,)
    list_display = (
        "thumbnail", "name", "shelf", "state", "prices", "margin", "stock", "promise",
    )  # fmt: skip
    list_display_links = ("thumbnail", "name")
    list_filter = ("status", NeedsFilter, "kind", "category")
    list_select_related = ("category",)
    search_fields = ("name",)
    search_help_text = "Words of the name, or a SKU"
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("status", "image", "updated_at")
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    # Counting behind each filter would cost more than the page.
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "slug"),
                    ("kind", "category", "tax_class"),
                    "short_description",
                    "description",
                    "seo_description",
                    "search_words",
                    "read_at",
                )
            },
        ),
        ("Picture", {"fields": (("image", "picture"),)}),
        (
            "Food facts",
            {"fields": ("diet_tags", "allergens_known", "contains", "may_contain")},
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Products are archived, never deleted."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Let the list be ordered by price."""
        rows: QuerySet[Product] = super().get_queryset(request)
        return list_query(rows.exclude(kind=ProductKind.CUSTOM_TEMPLATE))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ProductChangeList]:
        """Use the list that reads what stands beside each product."""
        return ProductChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Search names, slugs and SKUs without making a product appear twice."""
        return search(queryset, search_term), False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Stamp the product, so that other open forms notice."""
        obj.updated_at = clock.now()
        if not change:
            obj.created_at = obj.updated_at
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save sizes, and remember an uploaded picture for when the transaction has ended."""
        super().save_related(request, form, formsets, change)
        settled = services.settle_food(
            product_ids=[form.instance.pk],
            at=clock.now(),
            actor=actor_of(request),
            because="the product was edited",
        )
        for claim in settled.withdrawn:
            messages.warning(request, f"Taken off: {claim.reason}")
        if not change:
            services.announce_cake(product=form.instance, at=clock.now())
        if upload := form.cleaned_data.get("picture"):
            request.taken_picture = (form.instance.pk, upload)  # type: ignore[attr-defined]  # read below

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Hand an uploaded picture to the service that makes it harmless, after the save."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if taken := getattr(request, "taken_picture", None):
            self._take_picture(request, *taken)
        return response

    def _take_picture(self, request: HttpRequest, product_id: int, upload: Any) -> None:
        upload.seek(0)
        try:
            services.set_image(
                product_id=product_id,
                data=upload.read(),
                filename=upload.name or "",
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as error:
            messages.error(request, f"The picture was not taken: {error.message}")

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons."""
        step = require_POST(self.admin_site.admin_view(self.step))
        size_step = require_POST(self.admin_site.admin_view(self.size_step))
        return [
            path("<int:product_id>/do/<slug:name>/", step, name="catalog_product_do"),
            path("size/<int:variant_id>/<slug:name>/", size_step, name="catalog_variant_do"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Offer the steps that the product's status allows, and archiving of sizes."""
        known = object_id.isdecimal() and int(object_id) < 2**63
        product = Product.objects.filter(pk=object_id).first() if known else None
        context = dict(extra_context or {})
        if product is not None:
            context["read_state"] = self.read_state(product)
            context["is_published"] = product.status == ProductStatus.PUBLISHED
            if self.has_change_permission(request, product):
                context["sizes"] = list(product.variants.all())
                context["tools"] = _tools(request, product)
                context["steps"] = [
                    (name, label)
                    for name, (label, to, _) in STEPS.items()
                    if PRODUCT_LIFE.allows(product.status, to)
                ]
        return super().change_view(request, object_id, form_url, context)

    def step(self, request: HttpRequest, product_id: int, name: str) -> HttpResponse:
        """Call the service behind a button."""
        if name not in STEPS:
            raise Http404
        return self._call(request, product_id, STEPS[name][2], product_id=product_id)

    def size_step(self, request: HttpRequest, variant_id: int, name: str) -> HttpResponse:
        """Take a size off sale, or put it back."""
        variant = Variant.objects.filter(pk=variant_id).first() if variant_id < 2**63 else None
        if variant is None or name not in SIZE_STEPS:
            raise Http404
        return self._call(request, variant.product_id, SIZE_STEPS[name], variant_id=variant_id)

    def _call(
        self, request: HttpRequest, back_to: int, service: Callable[..., Any], **arguments: Any
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            service(**arguments, actor=actor_of(request), at=clock.now())
        except DomainError as error:
            if error.status == 404:
                raise Http404 from error
            messages.error(request, error.message)
        else:
            messages.success(request, "Done.")
        return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[back_to]))


def _tools(request: HttpRequest, product: Product) -> list[tuple[str, str]]:
    """Return label and address of what other apps offer for a product of the range."""
    if product.kind == ProductKind.CUSTOM_TEMPLATE:
        return []
    return [
        (tool.label, reverse(tool.url, args=[product.pk]))
        for tool in selectors.product_tools()
        if request.user.has_perm(tool.permission)
    ]
