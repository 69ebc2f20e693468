"""What anybody may read: products, the counts beside their filters, and categories."""

from django.db import DataError
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.catalog import selectors
from apps.catalog.api import facet_rows, rows
from apps.catalog.api.conditional import public_json
from apps.catalog.api.cursors import read_cursor, refused, write_cursor
from apps.catalog.api.parameters import parse_filter, parse_ordering, parse_page_size
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.states import ProductKind
from bakery.edge.access import Anyone
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_FILTERS = [
    OpenApiParameter("category", str, description="Slug of a category."),
    OpenApiParameter("kind", str, enum=ProductKind.values),
    OpenApiParameter("diet", str, many=True, enum=list(DIETS), description="All must hold."),
    OpenApiParameter(
        "free_from",
        str,
        many=True,
        enum=list(ALLERGENS),
        description="Every size is known to be free of all of these. Unknown is never free.",
    ),
    OpenApiParameter(
        "q",
        str,
        description="Words: in another form, without accents, or as far as they are typed.",
    ),
    OpenApiParameter("price_min", str, description="A size costs at least this, such as 12.50."),
    OpenApiParameter("price_max", str, description="The same size costs at most this."),
    OpenApiParameter(
        "servings_min", int, description="The same size serves at least so many guests."
    ),
]
_PAGING = [
    OpenApiParameter(
        "ordering",
        str,
        enum=list(selectors.ORDERINGS),
        description="`relevance` with `q`, else `name`, unless said otherwise.",
    ),
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
        parameters=_FILTERS + _PAGING,
        responses=rows.ProductPage,
        examples=[rows.PAGE_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return a page of published products with sizes, prices and availability.

        When nothing in the shop has the words of `q`, and near ones do, the reply is for those:
        `did_you_mean` has them.
        """
        query = request.query_params
        understood = selectors.understand(parse_filter(query))
        wanted = understood.wanted
        ordering = selectors.effective_ordering(parse_ordering(query), wanted)
        after = read_cursor(query.get("cursor", ""), ordering=ordering)
        try:
            page = selectors.shelf_page(
                wanted, limit=parse_page_size(query), ordering=ordering, after=after
            )
        except DataError as error:
            raise refused() from error  # keys of other types: all else was looked at before
        return public_json(
            request,
            {
                "next": _link(request, page.next, ordering),
                "previous": _link(request, page.previous, ordering),
                "did_you_mean": understood.corrected or None,
                "results": [rows.product_row(product) for product in page.products],
            },
        )


class ProductFacets(PublicView):
    """The counts beside the filters of the product list."""

    @extend_schema(
        operation_id="products_facets",
        summary="Count products by filter",
        parameters=_FILTERS,
        responses=facet_rows.FacetsRow,
        examples=[facet_rows.FACETS_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return how many products each further choice would leave.

        The parameters are those of the list. Where the choices of a filter exclude each other, its
        counts leave its own present choice out; diets and allergens add up, and keep it.
        """
        understood = selectors.understand(parse_filter(request.query_params))
        facets = selectors.count_facets(understood.wanted)
        return public_json(request, facet_rows.facets_row(facets, corrected=understood.corrected))


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
        ids = [variant.id for variant in product.variants]
        promises = selectors.promises_of(ids, at=clock.now())
        return public_json(request, rows.detail_row(product, promises))


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


def _link(request: Request, position: selectors.Position | None, ordering: str) -> str | None:
    if position is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = write_cursor(position, ordering=ordering)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
