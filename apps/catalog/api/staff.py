"""What staff do to the range over the API: the same services and permissions as the console."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.api import staff_rows as rows
from apps.catalog.models import Product
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import KeysetPagination
from bakery.kernel import clock

_VIEW, _ADD, _CHANGE = (
    Staff("catalog.view_product"),
    Staff("catalog.add_product"),
    Staff("catalog.change_product"),
)
_BREAD = OpenApiExample(
    "Bread",
    value={
        "name": "Country sourdough",
        "category_id": 2,
        "tax_class": "basic_grocery",
        "diet_tags": ["vegan"],
        "allergens": {"contains": ["wheat"], "may_contain": ["sesame"]},
    },
    request_only=True,
)


class StaffView(APIView):
    """Reading needs one permission, writing another."""

    permission_classes = [_VIEW]
    write_permission = _CHANGE

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_VIEW if reads else self.write_permission)()]


class StaffProducts(StaffView):
    """All products, drafts and archived ones included."""

    write_permission = _ADD

    @extend_schema(
        summary="List all products", responses=rows.StaffProductRow(many=True), tags=["staff"]
    )
    def get(self, request: Request) -> Response:
        """Return a page of products, whatever their status, in the order of their ids."""
        paginator = KeysetPagination()
        page = paginator.paginate_queryset(selectors.all_products(), request, self)
        return paginator.get_paginated_response([rows.product_row(row) for row in page or []])

    @extend_schema(
        summary="Create a product",
        request=rows.ProductInput,
        responses={201: rows.StaffProductRow},
        examples=[_BREAD],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Create a draft."""
        product = services.create_product(
            **_valid(rows.ProductInput(data=request.data)), actor=actor_of(request), at=clock.now()
        )
        return Response(rows.product_row(product), status=201)


class StaffProduct(StaffView):
    """One product."""

    @extend_schema(summary="Show any product", responses=rows.StaffProductRow, tags=["staff"])
    def get(self, request: Request, product_id: int) -> Response:
        """Return a product, whatever its status."""
        return Response(rows.product_row(selectors.any_product(product_id)))

    @extend_schema(
        summary="Change a product",
        request=rows.ProductChange(partial=True),
        responses=rows.StaffProductRow,
        tags=["staff"],
    )
    def patch(self, request: Request, product_id: int) -> Response:
        """Change the named fields; 409 `edited_meanwhile` when `updated_at` is not current."""
        changes = _valid(rows.ProductChange(data=request.data, partial=True))
        read_at = changes.pop("updated_at", None)
        services.update_product(
            product_id=product_id,
            changes=changes,
            read_at=read_at,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.product_row(selectors.any_product(product_id)))


class _Step(StaffView):
    """Base of the views that move a product through its life; a POST without a body."""

    permission_classes = [_CHANGE]
    service: Callable[..., Product]

    @extend_schema(request=None, responses=rows.StaffProductRow, tags=["staff"])
    def post(self, request: Request, product_id: int) -> Response:
        """Carry out the step; 409 when the product's status does not allow it."""
        type(self).service(product_id=product_id, actor=actor_of(request), at=clock.now())
        return Response(rows.product_row(selectors.any_product(product_id)))


class PublishProduct(_Step):
    """Put on sale."""

    service = staticmethod(services.publish_product)


class UnpublishProduct(_Step):
    """Back to draft."""

    service = staticmethod(services.unpublish_product)


class ArchiveProduct(_Step):
    """Off sale for good."""

    service = staticmethod(services.archive_product)


class StaffVariants(StaffView):
    """The sizes of a product."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Add a size",
        request=rows.VariantInput,
        responses={201: rows.StaffVariantRow},
        tags=["staff"],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Add a size with its price."""
        variant = services.create_variant(
            product_id=product_id,
            **_valid(rows.VariantInput(data=request.data)),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.variant_row(variant), status=201)


class StaffVariant(StaffView):
    """One size."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Change a size",
        request=rows.VariantInput(partial=True),
        responses=rows.StaffVariantRow,
        tags=["staff"],
    )
    def patch(self, request: Request, variant_id: int) -> Response:
        """Change the named fields; orders keep what they copied."""
        variant = services.update_variant(
            variant_id=variant_id,
            changes=_valid(rows.VariantInput(data=request.data, partial=True)),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.variant_row(variant))

    @extend_schema(summary="Archive a size", responses=rows.StaffVariantRow, tags=["staff"])
    def delete(self, request: Request, variant_id: int) -> Response:
        """Take a size off sale; it stays in the orders that have it."""
        variant = services.archive_variant(
            variant_id=variant_id, actor=actor_of(request), at=clock.now()
        )
        return Response(rows.variant_row(variant))


class RestoreVariant(StaffView):
    """A size that was archived."""

    permission_classes = [_CHANGE]

    @extend_schema(
        summary="Put a size back on sale",
        request=None,
        responses=rows.StaffVariantRow,
        tags=["staff"],
    )
    def post(self, request: Request, variant_id: int) -> Response:
        """Undo the archiving; 409 `taken` when another size has its name by now."""
        variant = services.restore_variant(
            variant_id=variant_id, actor=actor_of(request), at=clock.now()
        )
        return Response(rows.variant_row(variant))


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
