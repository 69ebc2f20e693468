"""The console's part of the catalog."""

from apps.catalog.admin.categories import CategoryAdmin
from apps.catalog.admin.ingredients import IngredientAdmin
from apps.catalog.admin.pictures import PictureAdmin
from apps.catalog.admin.products import ProductAdmin
from apps.catalog.admin.recipes import CostedSizeAdmin, RecipeAdmin, WithdrawnClaimAdmin
from apps.catalog.admin.servings import ServingsDecisionAdmin

__all__ = [
    "CategoryAdmin",
    "CostedSizeAdmin",
    "IngredientAdmin",
    "PictureAdmin",
    "ProductAdmin",
    "RecipeAdmin",
    "ServingsDecisionAdmin",
    "WithdrawnClaimAdmin",
]
