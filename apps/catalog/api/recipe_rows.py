"""What staff send and get about ingredients, recipes, costs and allergens."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.catalog.models import (
    Ingredient,
    IngredientKind,
    Recipe,
    RecipeLine,
    Unit,
    VariantPart,
    WithdrawnClaim,
)
from apps.catalog.rules.allergen_lists import CODES
from apps.catalog.rules.costing import SUITABLE
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.selectors.allergens import CONTAINS, FREE, MAY_CONTAIN, UNKNOWN, Label, Matrix
from apps.catalog.selectors.recipes import CostNode, Margin, PricePreview
from apps.catalog.services import Settled
from bakery.edge.fields import WholeNumber

_LARGEST_ID = 2**63 - 1
_WORDS = [CONTAINS, MAY_CONTAIN, UNKNOWN, FREE]


def _quantity(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=10, decimal_places=3, min_value=Decimal("0.001"), **more
    )


class PriceInput(serializers.Serializer[Any]):
    """What is paid for so much; price null: not known."""

    price = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, allow_null=True, required=False
    )
    price_quantity = _quantity(required=False)
    unit = serializers.ChoiceField(choices=Unit.choices, required=False)


class IngredientInput(PriceInput):
    """Fields of an ingredient; until `facts_complete`, what is not named is not known."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=IngredientKind.choices, required=False)
    supplier = serializers.CharField(max_length=120, allow_blank=True, required=False)
    contains = serializers.ListField(
        child=serializers.ChoiceField(choices=list(CODES.items())), required=False, max_length=60
    )
    may_contain = serializers.ListField(
        child=serializers.ChoiceField(choices=list(CODES.items())), required=False, max_length=60
    )
    facts_complete = serializers.BooleanField(required=False)
    suits = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(SUITABLE)),
        required=False,
        allow_null=True,
        max_length=10,
    )
    is_active = serializers.BooleanField(required=False)


class IngredientChange(IngredientInput):
    """The same, to change; `updated_at` as read guards against undoing another's change."""

    updated_at = serializers.DateTimeField(required=False)


class IngredientRow(IngredientInput):
    """An ingredient."""

    id = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class LineInput(serializers.Serializer[Any]):
    """So much of an ingredient or of a recipe: exactly one of the two ids."""

    ingredient_id = WholeNumber(min_value=1, max_value=_LARGEST_ID, required=False, allow_null=True)
    recipe_id = WholeNumber(min_value=1, max_value=_LARGEST_ID, required=False, allow_null=True)
    quantity = _quantity()
    unit = serializers.ChoiceField(choices=Unit.choices)


class PartsInput(serializers.Serializer[Any]):
    """Everything that goes into one piece; an empty list: not known."""

    parts = LineInput(many=True)


class RecipeInput(serializers.Serializer[Any]):
    """A batch: what goes in, how much comes out, and how much of that is lost."""

    name = serializers.CharField(max_length=120)
    yield_quantity = _quantity()
    yield_unit = serializers.ChoiceField(choices=Unit.choices)
    loss_percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=Decimal("99.99"), required=False
    )
    notes = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    lines = LineInput(many=True)


class RecipeChange(RecipeInput):
    """The same, to change; `lines` replaces all of them."""

    updated_at = serializers.DateTimeField(required=False)


class RecipeRow(RecipeInput):
    """A recipe."""

    id = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class SettledRow(serializers.Serializer[Any]):
    """What followed from a change."""

    sizes_changed = serializers.IntegerField()
    claims_withdrawn = serializers.ListField(
        child=serializers.CharField(), help_text="Diet tags that came off, and why."
    )


class IngredientChanged(IngredientRow):
    """An ingredient after a change, with what followed."""

    settled = SettledRow()


class RecipeChanged(RecipeRow):
    """A recipe after a change, with what followed."""

    settled = SettledRow()


class PartsChanged(PartsInput):
    """The parts of a size after a change, with what followed."""

    settled = SettledRow()


class MarginRow(serializers.Serializer[Any]):
    """What a size earns. `margin` is (price - cost) / price; null: the cost is not known."""

    variant_id = serializers.IntegerField()
    price = serializers.CharField()
    cost = serializers.CharField(allow_null=True)
    margin = serializers.CharField(allow_null=True)
    below_floor = serializers.BooleanField()


class SizeMarginRow(MarginRow):
    """The same in a list."""

    sku = serializers.CharField()
    name = serializers.CharField()


class MarginPage(serializers.Serializer[Any]):
    """A page of margins; `next` and `previous` are addresses or null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = SizeMarginRow(many=True)


class CostPart(serializers.Serializer[Any]):
    """A part of a cost; `parts` are of the same kind."""

    name = serializers.CharField()
    quantity = serializers.CharField()
    unit = serializers.CharField()
    cost = serializers.CharField(allow_null=True)
    ingredient_id = serializers.IntegerField(allow_null=True)
    recipe_id = serializers.IntegerField(allow_null=True)
    loss_percent = serializers.CharField(allow_null=True)
    parts = serializers.ListField(child=serializers.DictField())


class CostRow(MarginRow):
    """A size's cost and where it comes from."""

    parts = CostPart(many=True)


class PriceEffectRow(serializers.Serializer[Any]):
    """What a new price does to a size."""

    sku = serializers.CharField()
    name = serializers.CharField()
    before = MarginRow()
    after = MarginRow()


class PricePreviewRow(serializers.Serializer[Any]):
    """What a new price would do; nothing is written."""

    sizes_changed = serializers.IntegerField()
    falling_below_floor = serializers.IntegerField()
    sizes = PriceEffectRow(many=True)


class MatrixItem(serializers.Serializer[Any]):
    """An item of the list."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name


class MatrixSize(serializers.Serializer[Any]):
    """A size; `says` has a word for each item's code."""

    variant_id = serializers.IntegerField()
    sku = serializers.CharField()
    product = serializers.CharField()
    size = serializers.CharField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of that name
        choices=["recipe", "stated", "unknown"]
    )
    says = serializers.DictField(child=serializers.ChoiceField(choices=_WORDS))


class MatrixRows(serializers.Serializer[Any]):
    """Sizes on sale against a list."""

    jurisdiction = serializers.CharField()
    list_name = serializers.CharField()
    effective_from = serializers.DateField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    items = MatrixItem(many=True)
    sizes = MatrixSize(many=True)


class LabelRow(serializers.Serializer[Any]):
    """What a label says. `complete` false: something in `unknown` must be asked first."""

    variant_id = serializers.IntegerField()
    sku = serializers.CharField()
    product = serializers.CharField()
    size = serializers.CharField()
    jurisdiction = serializers.CharField()
    complete = serializers.BooleanField()
    contains = serializers.ListField(child=serializers.CharField())
    may_contain = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField())


class WithdrawnClaimRow(serializers.Serializer[Any]):
    """A diet tag that came off."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    product = serializers.CharField()
    diet = serializers.ChoiceField(choices=list(DIETS.items()))
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(allow_null=True)


def ingredient_row(row: Ingredient) -> dict[str, Any]:
    """Return an ingredient."""
    names = (*IngredientInput().fields, "id", "updated_at")
    found = {name: getattr(row, name) for name in names}
    return {**found, "price": _text(row.price), "price_quantity": str(row.price_quantity)}


def recipe_row(row: Recipe) -> dict[str, Any]:
    """Return a recipe with its lines (prefetch them for lists)."""
    return {
        "id": row.pk,
        "name": row.name,
        "yield_quantity": str(row.yield_quantity),
        "yield_unit": row.yield_unit,
        "loss_percent": str(row.loss_percent),
        "notes": row.notes,
        "updated_at": row.updated_at,
        "lines": [line_row(line) for line in row.lines.all()],
    }


def line_row(line: RecipeLine | VariantPart) -> dict[str, Any]:
    """Return a line of a recipe, or a part of a size."""
    return {
        "ingredient_id": line.ingredient_id,
        "recipe_id": line.part_id,
        "quantity": str(line.quantity),
        "unit": line.unit,
    }


def settled_row(settled: Settled) -> dict[str, Any]:
    """Return what followed from a change."""
    return {
        "sizes_changed": settled.sizes,
        "claims_withdrawn": [f"{claim.diet}: {claim.reason}" for claim in settled.withdrawn],
    }


def margin_row(margin: Margin) -> dict[str, Any]:
    """Return what a size earns."""
    return {
        "variant_id": margin.variant_id,
        "price": str(margin.price),
        "cost": _text(margin.cost),
        "margin": _text(margin.margin),
        "below_floor": margin.is_below_floor,
    }


def cost_part(node: CostNode) -> dict[str, Any]:
    """Return a part of a cost with its own parts."""
    return {
        "name": node.name,
        "quantity": str(node.quantity),
        "unit": node.unit,
        "cost": _text(node.cost),
        "ingredient_id": node.ingredient_id,
        "recipe_id": node.recipe_id,
        "loss_percent": _text(node.loss_percent),
        "parts": [cost_part(part) for part in node.parts],
    }


def preview_row(preview: PricePreview) -> dict[str, Any]:
    """Return what a new price would do."""
    return {
        "sizes_changed": len(preview.effects),
        "falling_below_floor": len(preview.falling),
        "sizes": [
            {
                "sku": effect.sku,
                "name": effect.name,
                "before": margin_row(effect.before),
                "after": margin_row(effect.after),
            }
            for effect in preview.effects
        ],
    }


def matrix_row(matrix: Matrix) -> dict[str, Any]:
    """Return sizes against a list."""
    in_force = matrix.in_force
    codes = [item.code for item in in_force.items]
    return {
        "jurisdiction": in_force.jurisdiction,
        "list_name": in_force.name,
        "effective_from": in_force.effective_from,
        "source": in_force.source,
        "items": [{"code": item.code, "label": item.label} for item in in_force.items],
        "sizes": [
            {
                "variant_id": row.variant_id,
                "sku": row.sku,
                "product": row.product,
                "size": row.size,
                "source": row.source,
                "says": dict(zip(codes, row.says, strict=True)),
            }
            for row in matrix.rows
        ],
    }


def label_row(label: Label) -> dict[str, Any]:
    """Return what a label says."""
    return {
        "variant_id": label.variant_id,
        "sku": label.sku,
        "product": label.product,
        "size": label.size,
        "jurisdiction": label.in_force.jurisdiction,
        "complete": label.is_complete,
        "contains": list(label.contains),
        "may_contain": list(label.may_contain),
        "unknown": list(label.unknown),
    }


def claim_row(claim: WithdrawnClaim) -> dict[str, Any]:
    """Return a claim that came off."""
    names: Mapping[str, Any] = WithdrawnClaimRow().fields
    found = {name: getattr(claim, name) for name in names if name != "product"}
    return {**found, "product": claim.product.name}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


BUTTER = OpenApiExample(
    "Butter",
    value={
        "name": "Butter",
        "price": "11.40",
        "price_quantity": "1.000",
        "unit": "kg",
        "supplier": "Upper Canada Dairy",
        "contains": ["milk"],
        "may_contain": [],
        "facts_complete": True,
        "suits": ["vegetarian", "halal", "kosher"],
    },
    request_only=True,
)
BUTTERCREAM = OpenApiExample(
    "Buttercream",
    value={
        "name": "Buttercream",
        "yield_quantity": "900.000",
        "yield_unit": "g",
        "loss_percent": "5.00",
        "lines": [
            {"ingredient_id": 4, "quantity": "450.000", "unit": "g"},
            {"ingredient_id": 7, "quantity": "450.000", "unit": "g"},
        ],
    },
    request_only=True,
)
PREVIEW = OpenApiExample(
    "Dearer butter",
    value={
        "sizes_changed": 18,
        "falling_below_floor": 1,
        "sizes": [
            {
                "sku": "CHOC-8",
                "name": "Chocolate drip cake, 8 inch",
                "before": {
                    "variant_id": 21,
                    "price": "68.00",
                    "cost": "26.9000",
                    "margin": "0.6044",
                    "below_floor": False,
                },
                "after": {
                    "variant_id": 21,
                    "price": "68.00",
                    "cost": "28.1200",
                    "margin": "0.5865",
                    "below_floor": True,
                },
            }
        ],
    },
    response_only=True,
)
LABEL = OpenApiExample(
    "A label",
    value={
        "variant_id": 21,
        "sku": "CHOC-8",
        "product": "Chocolate drip cake",
        "size": "8 inch",
        "jurisdiction": "ca",
        "complete": True,
        "contains": ["Wheat", "Egg", "Milk", "Soy"],
        "may_contain": ["Tree nuts (hazelnut)"],
        "unknown": [],
    },
    response_only=True,
)
