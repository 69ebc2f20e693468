"""The range in the console: products with their sizes, and buttons for their life."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.catalog import services
from apps.catalog.admin.forms import ProductForm, VariantForm
from apps.catalog.models import Product, Variant
from apps.catalog.states import PRODUCT_LIFE, ProductStatus
from bakery.edge.console import AuditedModelAdmin, actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

STEPS: dict[str, tuple[str, ProductStatus, Callable[..., Any]]] = {
    "publish": ("Publish", ProductStatus.PUBLISHED, services.publish_product),
    "unpublish": ("Back to draft", ProductStatus.DRAFT, services.unpublish_product),
    "archive": ("Archive", ProductStatus.ARCHIVED, services.archive_product),
}


class VariantInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Sizes on sale; one is archived rather than deleted, because orders point at it."""

    model = Variant
    form = VariantForm
    extra = 0
    can_delete = False
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Leave archived sizes out."""
        return super().get_queryset(request).filter(archived_at=None)


@admin.register(Product)
class ProductAdmin(AuditedModelAdmin):
    """Products of any status."""

    form = ProductForm
    inlines = (VariantInline,)
    list_display = ("name", "category", "kind", "status", "sizes", "prices", "updated_at")
    list_filter = ("status", "kind", "category")
    list_select_related = ("category",)
    search_fields = ("name", "slug", "variants__sku")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("status", "image", "updated_at")
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "slug",
                    "status",
                    "kind",
                    "category",
                    "tax_class",
                    "short_description",
                    "description",
                    "read_at",
                )
            },
        ),
        ("Picture", {"fields": ("image", "picture")}),
        (
            "Food facts",
            {"fields": ("diet_tags", "allergens_known", "contains", "may_contain")},
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Products are archived, never deleted."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Read sizes and prices of the list in the same query."""
        on_sale = Q(variants__archived_at=None)
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.annotate(
            size_count=Count("variants", filter=on_sale),
            lowest=Min("variants__price", filter=on_sale),
            highest=Max("variants__price", filter=on_sale),
        )

    @admin.display(description="sizes", ordering="size_count")
    def sizes(self, product: Any) -> int:
        """Show how many sizes are on sale."""
        return int(product.size_count)

    @admin.display(description="price", ordering="lowest")
    def prices(self, product: Any) -> str:
        """Show the range of prices, before tax."""
        if product.lowest is None:
            return "-"
        if product.lowest == product.highest:
            return str(product.lowest)
        return f"{product.lowest} to {product.highest}"

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Stamp the product, so that other open forms notice."""
        obj.updated_at = clock.now()
        if not change:
            obj.created_at = obj.updated_at
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save sizes, then hand an uploaded picture to the service that makes it harmless."""
        super().save_related(request, form, formsets, change)
        if upload := form.cleaned_data.get("picture"):
            try:
                services.set_image(
                    product_id=form.instance.pk,
                    data=upload.read(),
                    actor=actor_of(request),
                    at=clock.now(),
                )
            except DomainError as error:
                messages.error(request, f"The picture was not taken: {error.message}")

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons."""
        step = require_POST(self.admin_site.admin_view(self.step))
        archive = require_POST(self.admin_site.admin_view(self.archive_size))
        return [
            path("<int:product_id>/do/<slug:name>/", step, name="catalog_product_do"),
            path("size/<int:variant_id>/archive/", archive, name="catalog_variant_archive"),
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
        product = Product.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        may_change = self.has_change_permission(request, product)
        context = {
            **(extra_context or {}),
            "steps": [
                (name, label)
                for name, (label, to, _) in STEPS.items()
                if product and may_change and PRODUCT_LIFE.allows(product.status, to)
            ],
            "sizes": product.variants.filter(archived_at=None) if product and may_change else (),
        }
        return super().change_view(request, object_id, form_url, context)

    def step(self, request: HttpRequest, product_id: int, name: str) -> HttpResponse:
        """Call the service behind a button."""
        if name not in STEPS:
            raise Http404
        return self._call(request, product_id, STEPS[name][2], product_id=product_id)

    def archive_size(self, request: HttpRequest, variant_id: int) -> HttpResponse:
        """Take a size off sale."""
        variant = Variant.objects.filter(pk=variant_id).first()
        if variant is None:
            raise Http404
        return self._call(
            request, variant.product_id, services.archive_variant, variant_id=variant_id
        )

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
