"""What staff send and get about ingredients, recipes, costs and allergens."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.catalog.rules.allergen_lists import CODES
from apps.catalog.rules.costing import SUITABLE
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.selectors.allergens import CONTAINS, FREE, MAY_CONTAIN, UNKNOWN
from apps.catalog.states import IngredientKind, Unit
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


class RecipeLineInput(serializers.Serializer[Any]):
    """So much of an ingredient or of a recipe: exactly one of the two ids."""

    ingredient_id = WholeNumber(min_value=1, max_value=_LARGEST_ID, required=False, allow_null=True)
    recipe_id = WholeNumber(min_value=1, max_value=_LARGEST_ID, required=False, allow_null=True)
    quantity = _quantity()
    unit = serializers.ChoiceField(choices=Unit.choices)


class PartsInput(serializers.Serializer[Any]):
    """Everything that goes into one piece; an empty list: not known."""

    parts = RecipeLineInput(many=True)


class RecipeInput(serializers.Serializer[Any]):
    """A batch: what goes in, how much comes out, and how much of that is lost."""

    name = serializers.CharField(max_length=120)
    yield_quantity = _quantity()
    yield_unit = serializers.ChoiceField(choices=Unit.choices)
    loss_percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=Decimal("99.99"), required=False
    )
    notes = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    lines = RecipeLineInput(many=True)


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
