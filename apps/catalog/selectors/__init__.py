"""Reads of the catalog."""

from apps.catalog.rules.allergen_lists import CODES as ALLERGEN_CODES
from apps.catalog.rules.allergen_lists import GROUPS as ALLERGEN_GROUPS
from apps.catalog.rules.allergen_lists import expand as expand_allergens
from apps.catalog.rules.food_rollup import NOTHING_KNOWN, Known
from apps.catalog.rules.food_rollup import from_json as known_from_json
from apps.catalog.rules.servings.charts import STYLES
from apps.catalog.rules.servings.estimate import TWO_MEASURES, Estimate, Tier, check_tier
from apps.catalog.rules.servings.shapes import measured
from apps.catalog.selectors.allergens import Label, allergen_label, allergen_labels, allergen_matrix
from apps.catalog.selectors.availability import answer_availability_with, availability_of
from apps.catalog.selectors.bake_book import BakeBook, BookIngredient, BookRecipe, bake_book
from apps.catalog.selectors.console import (
    Overview,
    allergens_unknown,
    below_floor,
    cost_unknown,
    margin_of,
    overviews,
    sold_out_products,
)
from apps.catalog.selectors.cutouts import (
    CutoutView,
    console_pictures,
    cutout_history,
    cutout_key,
    cutout_view,
)
from apps.catalog.selectors.facets import FacetOption, Facets, count_facets
from apps.catalog.selectors.food import check_product_claims, facts_on_sale
from apps.catalog.selectors.mixes import Mix, RecipeBook, recipe_book, recipe_unit
from apps.catalog.selectors.pictures import any_picture, named_files, pictures_of
from apps.catalog.selectors.promises import Promise, answer_promises_with, promises_of
from apps.catalog.selectors.range import all_products, any_product, checked_import
from apps.catalog.selectors.recipes import (
    Margin,
    cost_tree,
    margins,
    preview_price,
    sizes_below_floor,
)
from apps.catalog.selectors.search import Understood, understand
from apps.catalog.selectors.sellable import (
    SellableVariant,
    made_to_order,
    private_sizes,
    sellable_variants,
    sizes_of,
    unit_costs,
    variant_by_sku,
)
from apps.catalog.selectors.servings import (
    any_variant,
    servings_of_stack,
    servings_suggestion,
    sizes_serving,
)
from apps.catalog.selectors.shelf import (
    Shelf,
    ShelfPage,
    ShelfProduct,
    ShelfVariant,
    product_in_preview,
    product_on_shelf,
    shelf,
    shelf_page,
    shelves,
)
from apps.catalog.selectors.shelf_filter import ShelfFilter
from apps.catalog.selectors.shelf_page import (
    ORDERINGS,
    Position,
    effective_ordering,
    key_count,
)
from apps.catalog.selectors.tools import ProductTool, add_product_tool, product_tools

__all__ = [
    "ALLERGEN_CODES",
    "ALLERGEN_GROUPS",
    "NOTHING_KNOWN",
    "ORDERINGS",
    "STYLES",
    "TWO_MEASURES",
    "BakeBook",
    "BookIngredient",
    "BookRecipe",
    "CutoutView",
    "Estimate",
    "FacetOption",
    "Facets",
    "Known",
    "Label",
    "Margin",
    "Mix",
    "Overview",
    "Position",
    "ProductTool",
    "Promise",
    "RecipeBook",
    "SellableVariant",
    "Shelf",
    "ShelfFilter",
    "ShelfPage",
    "ShelfProduct",
    "ShelfVariant",
    "Tier",
    "Understood",
    "add_product_tool",
    "all_products",
    "allergen_label",
    "allergen_labels",
    "allergen_matrix",
    "allergens_unknown",
    "answer_availability_with",
    "answer_promises_with",
    "any_picture",
    "any_product",
    "any_variant",
    "availability_of",
    "bake_book",
    "below_floor",
    "check_product_claims",
    "check_tier",
    "checked_import",
    "console_pictures",
    "cost_tree",
    "cost_unknown",
    "count_facets",
    "cutout_history",
    "cutout_key",
    "cutout_view",
    "effective_ordering",
    "expand_allergens",
    "facts_on_sale",
    "key_count",
    "known_from_json",
    "made_to_order",
    "margin_of",
    "margins",
    "measured",
    "named_files",
    "overviews",
    "pictures_of",
    "preview_price",
    "private_sizes",
    "product_in_preview",
    "product_on_shelf",
    "product_tools",
    "promises_of",
    "recipe_book",
    "recipe_unit",
    "sellable_variants",
    "servings_of_stack",
    "servings_suggestion",
    "shelf",
    "shelf_page",
    "shelves",
    "sizes_below_floor",
    "sizes_of",
    "sizes_serving",
    "sold_out_products",
    "understand",
    "unit_costs",
    "variant_by_sku",
]
