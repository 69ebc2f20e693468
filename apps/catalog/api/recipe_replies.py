"""How ingredients, recipes, costs and allergens look in JSON: plain dicts, and examples."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample

from apps.catalog.api.recipe_rows import IngredientInput
from apps.catalog.models import Ingredient, Recipe, RecipeLine, VariantPart, WithdrawnClaim
from apps.catalog.selectors.allergens import Label, Matrix
from apps.catalog.selectors.recipes import CostNode, Margin, PricePreview
from apps.catalog.services import Settled


def ingredient_row(row: Ingredient) -> dict[str, Any]:
    """Return an ingredient."""
    names = [*(str(name) for name in IngredientInput().fields), "id", "updated_at"]
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
    names = ("id", "product_id", "diet", "reason", "at", "seen_at")
    return {**{name: getattr(claim, name) for name in names}, "product": claim.product.name}


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
