"""What staff do to ingredients, recipes, costs and allergens over the API, as in the console."""

from datetime import date
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.api import recipe_replies as replies
from apps.catalog.api import recipe_rows as rows
from apps.catalog.models import Ingredient, Recipe, Variant, VariantPart, WithdrawnClaim
from apps.catalog.rules.allergen_lists import jurisdictions
from apps.catalog.selectors.recipes import margin
from bakery.edge.access import Nobody, Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import KeysetPagination
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_LIST_PARAMETERS = [
    OpenApiParameter("jurisdiction", str, enum=list(jurisdictions()), description="Default: ca."),
    OpenApiParameter("on", date, description="The list in force on this day; default: today."),
]


class _View(APIView):
    """Reading needs the first permission class, writing another."""

    write_permission: type[BasePermission] = Nobody

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        if self.request.method in {"GET", "HEAD", "OPTIONS"}:
            return [self.permission_classes[0]()]
        return [self.write_permission()]

    def page_of(self, request: Request, found: Any) -> tuple[BasePagination, list[Any]]:
        """Return a paginator and its page, in the order of ids."""
        paginator = KeysetPagination()
        return paginator, list(paginator.paginate_queryset(found, request, self) or [])


class Ingredients(_View):
    """Ingredients."""

    permission_classes = [Staff("catalog.view_ingredient")]
    write_permission = Staff("catalog.add_ingredient")

    @extend_schema(
        summary="List ingredients", responses=rows.IngredientRow(many=True), tags=["kitchen"]
    )
    def get(self, request: Request) -> Response:
        """Return a page of ingredients, with prices and allergens."""
        paginator, page = self.page_of(request, Ingredient.objects.order_by("pk"))
        return paginator.get_paginated_response([replies.ingredient_row(row) for row in page])

    @extend_schema(
        summary="Create an ingredient",
        request=rows.IngredientInput,
        responses={201: rows.IngredientRow},
        examples=[replies.BUTTER],
        tags=["kitchen"],
    )
    def post(self, request: Request) -> Response:
        """Record an ingredient; facts that are not sent are not known."""
        row = services.create_ingredient(
            **_valid(rows.IngredientInput(data=request.data)),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(replies.ingredient_row(row), status=201)


class OneIngredient(_View):
    """One ingredient."""

    permission_classes = [Staff("catalog.view_ingredient")]
    write_permission = Staff("catalog.change_ingredient")

    @extend_schema(summary="Show an ingredient", responses=rows.IngredientRow, tags=["kitchen"])
    def get(self, request: Request, ingredient_id: int) -> Response:
        """Return an ingredient."""
        return Response(replies.ingredient_row(_ingredient(ingredient_id)))

    @extend_schema(
        summary="Change an ingredient",
        request=rows.IngredientChange(partial=True),
        responses=rows.IngredientChanged,
        tags=["kitchen"],
    )
    def patch(self, request: Request, ingredient_id: int) -> Response:
        """Change the named fields; costs, facts and claims of all sizes above follow at once."""
        changes = _valid(rows.IngredientChange(data=request.data, partial=True))
        read_at = changes.pop("updated_at", None)
        row, settled = services.update_ingredient(
            ingredient_id=ingredient_id,
            changes=changes,
            read_at=read_at,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response({**replies.ingredient_row(row), "settled": replies.settled_row(settled)})


class PricePreview(APIView):
    """What a new price would do."""

    permission_classes = [Staff("catalog.change_ingredient")]

    @extend_schema(
        summary="Preview a price",
        request=rows.PriceInput,
        responses=rows.PricePreviewRow,
        examples=[replies.PREVIEW],
        tags=["kitchen"],
    )
    def post(self, request: Request, ingredient_id: int) -> Response:
        """Return which sizes would cost what, and which would fall below the floor."""
        row, given = _ingredient(ingredient_id), _valid(rows.PriceInput(data=request.data))
        preview = selectors.preview_price(
            ingredient_id=row.pk,
            price=given.get("price", row.price),
            price_quantity=given.get("price_quantity", row.price_quantity),
            unit=given.get("unit", row.unit),
            at=clock.now(),
        )
        return Response(replies.preview_row(preview))


class Recipes(_View):
    """Recipes."""

    permission_classes = [Staff("catalog.view_recipe")]
    write_permission = Staff("catalog.add_recipe")

    @extend_schema(summary="List recipes", responses=rows.RecipeRow(many=True), tags=["kitchen"])
    def get(self, request: Request) -> Response:
        """Return a page of recipes with their lines."""
        found = Recipe.objects.order_by("pk").prefetch_related("lines")
        paginator, page = self.page_of(request, found)
        return paginator.get_paginated_response([replies.recipe_row(row) for row in page])

    @extend_schema(
        summary="Create a recipe",
        request=rows.RecipeInput,
        responses={201: rows.RecipeRow},
        examples=[replies.BUTTERCREAM],
        tags=["kitchen"],
    )
    def post(self, request: Request) -> Response:
        """Write down a recipe of ingredients and other recipes."""
        row = services.create_recipe(
            **_valid(rows.RecipeInput(data=request.data)), actor=actor_of(request), at=clock.now()
        )
        return Response(replies.recipe_row(row), status=201)


class OneRecipe(_View):
    """One recipe."""

    permission_classes = [Staff("catalog.view_recipe")]
    write_permission = Staff("catalog.change_recipe")

    @extend_schema(summary="Show a recipe", responses=rows.RecipeRow, tags=["kitchen"])
    def get(self, request: Request, recipe_id: int) -> Response:
        """Return a recipe."""
        row = Recipe.objects.filter(pk=recipe_id).prefetch_related("lines").first()
        if row is None:
            raise NotFound("recipe_not_found", "There is no such recipe.")
        return Response(replies.recipe_row(row))

    @extend_schema(
        summary="Change a recipe",
        request=rows.RecipeChange(partial=True),
        responses=rows.RecipeChanged,
        tags=["kitchen"],
    )
    def patch(self, request: Request, recipe_id: int) -> Response:
        """Change the named fields; 400 `recipe_in_itself` names the circle."""
        changes = _valid(rows.RecipeChange(data=request.data, partial=True))
        read_at = changes.pop("updated_at", None)
        row, settled = services.update_recipe(
            recipe_id=recipe_id,
            changes=changes,
            read_at=read_at,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response({**replies.recipe_row(row), "settled": replies.settled_row(settled)})


class Parts(_View):
    """What goes into a size."""

    permission_classes = [Staff("catalog.view_costedsize")]
    write_permission = Staff("catalog.change_costedsize")

    @extend_schema(summary="Show a size's parts", responses=rows.PartsInput, tags=["kitchen"])
    def get(self, request: Request, variant_id: int) -> Response:
        """Return what goes into one piece."""
        _margin(variant_id)
        return Response(_parts(variant_id))

    @extend_schema(
        summary="Set a size's parts",
        request=rows.PartsInput,
        responses=rows.PartsChanged,
        tags=["kitchen"],
    )
    def put(self, request: Request, variant_id: int) -> Response:
        """Replace what goes into one piece; cost, facts and claims follow at once."""
        given = _valid(rows.PartsInput(data=request.data))
        settled = services.set_parts(
            variant_id=variant_id, parts=given["parts"], actor=actor_of(request), at=clock.now()
        )
        return Response({**_parts(variant_id), "settled": replies.settled_row(settled)})


class Cost(APIView):
    """Where a size's cost comes from."""

    permission_classes = [Staff("catalog.view_costedsize")]

    @extend_schema(summary="Break a cost down", responses=rows.CostRow, tags=["kitchen"])
    def get(self, request: Request, variant_id: int) -> Response:
        """Return cost, margin, and the tree of what goes in."""
        nodes = selectors.cost_tree(variant_id)
        earned = replies.margin_row(_margin(variant_id))
        return Response({**earned, "parts": [replies.cost_part(node) for node in nodes]})


class Margins(_View):
    """What every size on sale earns."""

    permission_classes = [Staff("catalog.view_costedsize")]

    @extend_schema(
        summary="List margins",
        parameters=[OpenApiParameter("below_floor", bool, description="Only those below it.")],
        responses=rows.MarginPage,
        tags=["kitchen"],
    )
    def get(self, request: Request) -> Response:
        """Return a page of margins; `below_floor` compares with the shop's SHOP_MARGIN_FLOOR."""
        found = Variant.objects.filter(archived_at=None).select_related("product").order_by("pk")
        if _flag(request, "below_floor"):
            found = found.filter(selectors.sizes_below_floor())
        paginator, page = self.page_of(request, found)
        listed = [
            {
                **replies.margin_row(margin(size.pk, size.price, size.unit_cost)),
                "sku": size.sku,
                "name": f"{size.product.name}, {size.name}",
            }
            for size in page
        ]
        response = paginator.get_paginated_response(listed)
        response["X-Margin-Floor"] = str(settings.SHOP_MARGIN_FLOOR)
        return response


class AllergenMatrix(APIView):
    """Sizes against the list of a place."""

    permission_classes = [Staff("catalog.view_product")]

    @extend_schema(
        summary="Show the allergen matrix",
        parameters=_LIST_PARAMETERS,
        responses=rows.MatrixRows,
        tags=["kitchen"],
    )
    def get(self, request: Request) -> Response:
        """Return, for each size on sale, what may be said of each allergen of a list."""
        matrix = selectors.allergen_matrix(**_which_list(request), at=clock.now())
        return Response(replies.matrix_row(matrix))


class AllergenLabel(APIView):
    """What a size's label says."""

    permission_classes = [Staff("catalog.view_product")]

    @extend_schema(
        summary="Show a label",
        parameters=_LIST_PARAMETERS,
        responses=rows.LabelRow,
        examples=[replies.LABEL],
        tags=["kitchen"],
    )
    def get(self, request: Request, variant_id: int) -> Response:
        """Return the label; while it is not complete, the shop must be asked."""
        label = selectors.allergen_label(
            variant_id=variant_id, **_which_list(request), at=clock.now()
        )
        return Response(replies.label_row(label))


class WithdrawnClaims(_View):
    """Claims that came off and nobody has seen to."""

    permission_classes = [Staff("catalog.view_withdrawnclaim")]

    @extend_schema(
        summary="List withdrawn claims",
        responses=rows.WithdrawnClaimRow(many=True),
        tags=["kitchen"],
    )
    def get(self, request: Request) -> Response:
        """Return a page of diet tags that became false or unprovable, not yet seen to."""
        found = WithdrawnClaim.objects.filter(seen_at=None).select_related("product")
        paginator, page = self.page_of(request, found.order_by("pk"))
        return paginator.get_paginated_response([replies.claim_row(claim) for claim in page])


class SeenClaim(APIView):
    """A claim that somebody has seen to."""

    permission_classes = [Staff("catalog.change_withdrawnclaim")]

    @extend_schema(
        summary="See to a withdrawn claim",
        request=None,
        responses=rows.WithdrawnClaimRow,
        tags=["kitchen"],
    )
    def post(self, request: Request, claim_id: int) -> Response:
        """Take a claim off the list of those that need somebody."""
        claim = services.see_withdrawn_claim(
            claim_id=claim_id, actor=actor_of(request), at=clock.now()
        )
        return Response(replies.claim_row(claim))


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _ingredient(ingredient_id: int) -> Ingredient:
    row = Ingredient.objects.filter(pk=ingredient_id).first()
    if row is None:
        raise NotFound("ingredient_not_found", "There is no such ingredient.")
    return row


def _margin(variant_id: int) -> selectors.Margin:
    found = selectors.margins([variant_id]).get(variant_id)
    if found is None:
        raise NotFound("variant_not_found", "There is no such variant.")
    return found


def _parts(variant_id: int) -> dict[str, Any]:
    parts = VariantPart.objects.filter(variant_id=variant_id)
    return {"parts": [replies.line_row(part) for part in parts]}


def _flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "")
    if value.lower() not in {"", "0", "1", "true", "false"}:
        raise ValidationError({name: ["One of: true, false."]})
    return value.lower() in {"1", "true"}


def _which_list(request: Request) -> dict[str, Any]:
    """Return place and day; an unknown place is the selector's to refuse."""
    text = request.query_params.get("on", "")
    try:
        on = date.fromisoformat(text) if text else clock.shop_date(clock.now())
    except ValueError as error:
        raise ValidationError({"on": ["A day such as 2026-06-01."]}) from error
    return {"jurisdiction": request.query_params.get("jurisdiction") or "ca", "on": on}
