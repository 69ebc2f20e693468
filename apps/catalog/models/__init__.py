"""Rows of the catalog."""

from apps.catalog.models.cutouts import Cutout, CutoutTransition
from apps.catalog.models.imports import RangeImport
from apps.catalog.models.pictures import Picture, PictureUpload
from apps.catalog.models.products import Category, Product, Variant
from apps.catalog.models.recipes import (
    CostedSize,
    Ingredient,
    IngredientPrice,
    Recipe,
    RecipeLine,
    VariantPart,
    WithdrawnClaim,
)
from apps.catalog.models.search import SearchWord
from apps.catalog.models.servings import ServingsDecision

__all__ = [
    "Category",
    "CostedSize",
    "Cutout",
    "CutoutTransition",
    "Ingredient",
    "IngredientPrice",
    "Picture",
    "PictureUpload",
    "Product",
    "RangeImport",
    "Recipe",
    "RecipeLine",
    "SearchWord",
    "ServingsDecision",
    "Variant",
    "VariantPart",
    "WithdrawnClaim",
]
