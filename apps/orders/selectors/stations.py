"""The kitchen's stations as they are now."""

from collections import defaultdict
from collections.abc import Collection

from apps.catalog.models import Category, Product
from apps.orders.models import Station, StationScope
from apps.orders.rules.stations import StationPlan, StationWork


def station_plan() -> StationPlan:
    """Return the stations at work and what they make: two statements.

    A category or product that was deleted since is left out by the database.
    """
    scopes: dict[int, list[tuple[int | None, int | None]]] = defaultdict(list)
    rows = StationScope.objects.order_by("pk").values_list(
        "station_id", "category_id", "product_id"
    )
    for station_id, category_id, product_id in rows:
        scopes[station_id].append((category_id, product_id))
    stations = list(Station.objects.order_by("position", "name"))
    newest = max((row.changed_at for row in stations), default=None)
    return StationPlan(
        stations=tuple(
            StationWork(
                id=row.pk,
                name=row.name,
                everything=row.everything,
                categories=frozenset(one for one, _ in scopes[row.pk] if one is not None),
                products=frozenset(one for _, one in scopes[row.pk] if one is not None),
            )
            for row in stations
            if row.is_active
        ),
        version=f"{newest.isoformat() if newest else ''}#{len(rows)}",
    )


def all_stations() -> list[Station]:
    """Return all stations with what they make, those not at work too: two statements."""
    return list(
        Station.objects.order_by("position", "name").prefetch_related(
            "scopes__category", "scopes__product"
        )
    )


def missing_scopes(
    category_ids: Collection[int], product_ids: Collection[int]
) -> dict[str, list[int]]:
    """Return which of the categories and products do not exist, by ``categories``, ``products``."""
    categories = Category.objects.filter(pk__in=category_ids).values_list("pk", flat=True)
    products = Product.objects.filter(pk__in=product_ids).values_list("pk", flat=True)
    missing = {
        "categories": sorted(set(category_ids) - set(categories)),
        "products": sorted(set(product_ids) - set(products)),
    }
    return {name: ids for name, ids in missing.items() if ids}
