"""What anybody may read: products and categories."""

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.catalog import selectors
from apps.catalog.api import rows
from apps.catalog.api.conditional import public_json
from apps.catalog.api.parameters import parse_filter, parse_ordering
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.states import ProductKind
from bakery.edge.access import Anyone
from bakery.edge.pagination import KeysetPagination
from bakery.kernel.errors import NotFound

_FILTERS = [
    OpenApiParameter("category", str, description="Slug of a category."),
    OpenApiParameter("kind", str, enum=ProductKind.values),
    OpenApiParameter("diet", str, many=True, enum=list(DIETS), description="All must hold."),
    OpenApiParameter("q", str, description="Words in the name or the short description."),
    OpenApiParameter("price_min", str, description="A size costs at least this, such as 12.50."),
    OpenApiParameter("price_max", str),
    OpenApiParameter("ordering", str, enum=list(selectors.ORDERINGS)),
    OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."),
    OpenApiParameter("page_size", int, description="1 to 100, 24 by default."),
]


class PublicView(APIView):
    """Nobody is recognised here: what is public is the same for all, and may be cached."""

    permission_classes = [Anyone]
    authentication_classes = []


class ProductList(PublicView):
    """Published products."""

    @extend_schema(
        operation_id="products_list",
        summary="List products",
        parameters=_FILTERS,
        responses=rows.ProductPage,
        examples=[rows.PAGE_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return a page of published products with sizes, prices and availability."""
        query = request.query_params
        ordering = parse_ordering(query)
        paginator = KeysetPagination()
        paginator.ordering = selectors.ORDERINGS[ordering]  # type: ignore[assignment]  # or a tuple
        page = paginator.paginate_queryset(
            selectors.shelf_query(parse_filter(query), ordering=ordering), request, self
        )
        products = selectors.with_variants(page or [])
        return public_json(
            request,
            {
                "next": paginator.get_next_link(),
                "previous": paginator.get_previous_link(),
                "results": [rows.product_row(product) for product in products],
            },
        )


class ProductDetail(PublicView):
    """One published product."""

    @extend_schema(
        summary="Show a product",
        responses=rows.ProductDetailRow,
        examples=[rows.DETAIL_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a published product; anything else is a 404."""
        product = selectors.product_on_shelf(slug)
        if product is None:
            raise NotFound("product_not_found", "There is no such product.")
        return public_json(request, rows.detail_row(product))


class CategoryList(PublicView):
    """Categories."""

    @extend_schema(
        summary="List categories", responses=rows.CategoryCountRow(many=True), tags=["shop"]
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return the categories that have something published, in the shop's order."""
        return public_json(
            request,
            [
                {"slug": shelf.slug, "name": shelf.name, "products": shelf.products}
                for shelf in selectors.shelves()
            ],
        )
