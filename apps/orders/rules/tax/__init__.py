"""Sales tax by class of goods, basket, place and date."""

from apps.orders.rules.tax.compute import (
    LevyShare,
    Place,
    Taxed,
    servings_missing,
    sum_shares,
    tax_sale,
)
from apps.orders.rules.tax.forfeits import tax_kept
from apps.orders.rules.tax.rates import levies_at
from apps.orders.rules.tax.treatments import Taxable

__all__ = [
    "LevyShare",
    "Place",
    "Taxable",
    "Taxed",
    "levies_at",
    "servings_missing",
    "sum_shares",
    "tax_kept",
    "tax_sale",
]
