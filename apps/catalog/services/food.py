"""Keeping costs, food facts and claims true whenever something they follow from changes.

Order of locks: the kitchen (ingredients, recipes and parts change one at a time), products,
sizes. Whoever changes what a product's claims stand on holds the product's row and works the
facts out afresh under it, so a claim and the change that falsifies it cannot pass each other.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from apps.catalog.models import Product, Variant, WithdrawnClaim
from apps.catalog.rules import food_facts
from apps.catalog.selectors.food import Appraisal, appraise
from apps.catalog.services.writing import record
from apps.catalog.states import ProductKind
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import advisory_lock, lock_one, locked, sorted_unique

_AT_ONCE = 500
_HIGHEST_COST = Decimal("999999.9999")
_WRITE_SIZES = """
UPDATE catalog_variant v SET unit_cost = n.cost, food_facts = n.facts::jsonb
FROM unnest(%s::bigint[], %s::numeric[], %s::text[]) AS n(id, cost, facts) WHERE v.id = n.id
"""
_WRITE_PRODUCTS = """
UPDATE catalog_product p SET free_from = n.free::jsonb, diet_tags = n.diets::jsonb,
       updated_at = CASE WHEN p.diet_tags = n.diets::jsonb THEN p.updated_at ELSE %s END
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, free, diets) WHERE p.id = n.id
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """What followed: sizes whose cost or facts changed, and claims that were taken off."""

    sizes: int = 0
    withdrawn: tuple[WithdrawnClaim, ...] = ()


def lock_kitchen() -> None:
    """Let nobody else change ingredients, recipes or parts until this transaction ends."""
    advisory_lock("catalog-kitchen")


def settle_food(*, product_ids: Iterable[int], at: datetime, actor: str, because: str) -> Settled:
    """Work out cost and facts of the products' sizes afresh, and take off claims that fell.

    A bounded number of statements, however many products. ``because`` tells staff what made a
    claim fall. Raises `Invalid` ``cost_out_of_range``. Call it last in a change's transaction.
    """
    with transaction.atomic():
        products = {row.pk: row for row in _lock_products(product_ids)}
        if not products:
            return Settled()
        sizes = list(
            Variant.objects.filter(product_id__in=products.keys())
            .order_by("pk")
            .values("pk", "product_id", "archived_at", "unit_cost", "food_facts")
        )
        appraised = appraise(
            {size["pk"]: products[size["product_id"]].allergens for size in sizes}, at=at
        )
        changed = _write_sizes(sizes, appraised)
        withdrawn = _settle_products(products, sizes, appraised, at=at, actor=actor, why=because)
        return Settled(changed, tuple(withdrawn))


def recheck_food(*, at: datetime, actor: str = "system") -> Settled:
    """Settle every product, some hundred at a time: lists change by date without any edit."""
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    found = [
        settle_food(
            product_ids=ids[start : start + _AT_ONCE], at=at, actor=actor, because="daily check"
        )
        for start in range(0, len(ids), _AT_ONCE)
    ]
    return Settled(
        sizes=sum(settled.sizes for settled in found),
        withdrawn=tuple(claim for settled in found for claim in settled.withdrawn),
    )


def see_withdrawn_claim(*, claim_id: int, at: datetime, actor: str) -> WithdrawnClaim:
    """Note that somebody has seen to a claim that was taken off; again changes nothing."""
    with transaction.atomic():
        claim = lock_one(WithdrawnClaim.objects.filter(pk=claim_id), what="withdrawn_claim")
        if claim.seen_at is None:
            claim.seen_at, claim.seen_by = at, actor
            claim.save(update_fields=["seen_at", "seen_by"])
            record(
                actor=actor,
                action="see_withdrawn_claim",
                object_type="catalog.withdrawnclaim",
                object_id=claim.pk,
                changes={"seen_by": [None, actor]},
                at=at,
            )
    return claim


def _lock_products(ids: Iterable[int]) -> Sequence[Product]:
    fields = ("pk", "name", "diet_tags", "allergens", "free_from")
    # What is in a custom cake was agreed, and follows from nothing that changes here.
    products = Product.objects.exclude(kind=ProductKind.CUSTOM_TEMPLATE)
    return list(locked(products.filter(pk__in=sorted_unique(ids)).only(*fields)))


def _write_sizes(sizes: Iterable[Mapping[str, Any]], appraised: Mapping[int, Appraisal]) -> int:
    rows = []
    for size in sizes:
        found = appraised[size["pk"]]
        cost = found.cost if found.has_parts else size["unit_cost"]
        if cost is not None and cost > _HIGHEST_COST:
            raise Invalid("cost_out_of_range", "A size would cost a million or more.")
        if (cost, found.facts) != (size["unit_cost"], size["food_facts"]):
            rows.append((size["pk"], cost, _json(found.facts)))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_SIZES, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


def _settle_products(
    products: Mapping[int, Product],
    sizes: Iterable[Mapping[str, Any]],
    appraised: Mapping[int, Appraisal],
    *,
    at: datetime,
    actor: str,
    why: str,
) -> list[WithdrawnClaim]:
    on_sale: dict[int, list[dict[str, Any] | None]] = defaultdict(list)
    for size in sizes:
        if size["archived_at"] is None:
            on_sale[size["product_id"]].append(appraised[size["pk"]].facts)
    rows, fallen = [], []
    for pk, product in products.items():
        facts = on_sale[pk] or [food_facts.facts_as_stated(product.allergens)]
        reasons = _fallen_claims(product.diet_tags, facts)
        kept = [tag for tag in product.diet_tags if tag not in reasons]
        free = food_facts.free_of_all(facts)
        if (free, kept) != (product.free_from, product.diet_tags):
            rows.append((pk, _json(free), _json(kept)))
        for diet, reason in reasons.items():
            text = f"{reason} ({why})" if why else reason
            fallen.append(
                WithdrawnClaim(product=product, diet=diet, reason=text[:500], actor=actor, at=at)
            )
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_PRODUCTS, [at, *map(list, zip(*rows, strict=True))])
    if fallen:
        _tell_staff(fallen, at=at, actor=actor, why=why)
    return fallen


def _fallen_claims(
    diets: Iterable[str], sizes: Sequence[Mapping[str, Any] | None]
) -> dict[str, str]:
    found = {}
    for diet in diets:
        problems = [food_facts.claim_problem(diet, facts) for facts in sizes]
        if problem := next((problem for problem in problems if problem), None):
            found[diet] = problem.message
    return found


def _tell_staff(fallen: list[WithdrawnClaim], *, at: datetime, actor: str, why: str) -> None:
    """Keep the withdrawals where staff see them, and in the audit trail as one entry."""
    WithdrawnClaim.objects.bulk_create(fallen)
    record(
        actor=actor,
        action="claims_withdrawn",
        object_type="catalog.product",
        object_id=",".join(sorted({str(claim.product_id) for claim in fallen}))[:100],
        changes={f"{claim.product_id}:{claim.diet}": [True, False] for claim in fallen},
        reason=why,
        at=at,
    )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
