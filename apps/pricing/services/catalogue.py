"""Prices of the range: suggested for each size of a product, decided by people, kept beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.catalog import services as catalog
from apps.pricing.rules.estimates import PriceEstimate, ServingsEstimate
from apps.pricing.selectors.catalogue import PricedProduct, PricedSize, sizes_to_price
from apps.pricing.services.estimating import estimate_price
from apps.pricing.services.estimating_servings import estimate_servings
from apps.pricing.services.log import log_prediction, record_decision
from apps.pricing.states import EstimateOrigin, Source
from bakery.kernel.errors import Conflict, DomainError, Invalid

MOST_SIZES = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A size with what it should cost and serves; None of both while something is missing."""

    size: PricedSize
    price: PriceEstimate | None
    servings: ServingsEstimate | None

    @property
    def margin(self) -> Decimal | None:
        """The share of its present price that is left after all costs; None while unknown."""
        return self.price.margin_at(self.size.price) if self.price else None

    @property
    def is_below_floor(self) -> bool:
        """Whether its present price leaves less than it has to."""
        return self.price is not None and self.size.price < self.price.floor_price


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeDecision:
    """What was decided about a size, and what of it was seen.

    ``seen_price`` is the price it had, ``seen_suggestion`` the one that was suggested (None: not
    told). Servings are left as they are when they are None.
    """

    variant_id: int
    price: Decimal
    seen_price: Decimal
    seen_suggestion: Decimal | None = None
    servings_least: int | None = None
    servings_most: int | None = None
    reason: str = ""


def suggest_prices(*, product_id: int, at: datetime) -> tuple[PricedProduct, list[Suggestion]]:
    """Return a product and a suggestion for each of its sizes on sale; nothing is written.

    It may run a model: never within a transaction. Raises `NotFound`.
    """
    product = sizes_to_price(product_id, at=at)
    return product, [_suggestion(size, at=at) for size in product.sizes]


def decide_prices(
    *, product_id: int, decisions: Sequence[SizeDecision], actor: str, at: datetime
) -> int:
    """Set prices and servings of sizes, each logged beside its prediction: all of them or none.

    Returns how many. Raises `NotFound`; `Invalid` ``nothing_decided``, ``not_priceable`` (no such
    size on sale, or something is missing), ``size_twice``, ``reason_missing``, ``bad_price``,
    ``bad_servings``; `Conflict` ``stale_price`` or ``stale_suggestion`` when a price, or what it
    is suggested by, has changed since. Errors name the size in ``details.variant_id``.
    """
    if not 1 <= len(decisions) <= MOST_SIZES:
        raise Invalid("nothing_decided", f"Decide about 1 to {MOST_SIZES} sizes.")
    if len({decision.variant_id for decision in decisions}) != len(decisions):
        raise Invalid("size_twice", "Decide about a size once.")
    product = sizes_to_price(product_id, at=at)
    sizes = {size.variant_id: size for size in product.sizes}
    # Estimates first: a model never runs while rows are locked.
    chosen = [
        (decision, _priceable(decision, sizes, at=at))
        for decision in sorted(decisions, key=lambda one: one.variant_id)
    ]
    with transaction.atomic():
        for decision, suggestion in chosen:
            try:
                _log(decision, suggestion, actor=actor, at=at)
            except DomainError as error:
                error.details.setdefault("variant_id", decision.variant_id)
                raise
        settled = [_size_price(*one) for one in chosen]
        catalog.settle_prices(product_id=product_id, sizes=settled, actor=actor, at=at)
    return len(chosen)


def _suggestion(size: PricedSize, *, at: datetime) -> Suggestion:
    if size.spec is None:
        return Suggestion(size, None, None)
    return Suggestion(
        size,
        # What was decided about itself before is no cake of the past that it is like.
        estimate_price(spec=size.spec, at=at, subject=size.sku),
        estimate_servings(spec=size.spec, at=at),
    )


def _priceable(
    decision: SizeDecision, sizes: Mapping[int, PricedSize], *, at: datetime
) -> Suggestion:
    size = sizes.get(decision.variant_id)
    details = {"variant_id": decision.variant_id}
    if size is None or size.spec is None:
        missing = "; ".join(size.missing) if size else "it is not on sale here"
        raise Invalid("not_priceable", f"No price can be suggested: {missing}.", details=details)
    found = _suggestion(size, at=at)
    seen = decision.seen_suggestion
    if seen is not None and found.price is not None and seen != found.price.price:
        raise Conflict(
            "stale_suggestion",
            f"Another price is suggested for {size.name} by now. Look at it again.",
            details={**details, "suggested": str(found.price.price)},
        )
    return found


def _log(decision: SizeDecision, suggestion: Suggestion, *, actor: str, at: datetime) -> None:
    """Keep what was predicted beside what was decided."""
    size, price = suggestion.size, suggestion.price
    if size.spec is None or price is None:  # pragma: no cover - `_priceable` refused it
        raise Invalid("not_priceable", "No price can be suggested.")
    predicted = log_prediction(
        source=Source.CATALOGUE,
        subject=size.sku,
        spec=size.spec,
        price=price,
        servings=suggestion.servings,
        at=at,
    )
    record_decision(
        prediction_id=predicted,
        final_price=decision.price,
        servings_least=decision.servings_least,
        servings_most=decision.servings_most,
        reason=decision.reason,
        actor=actor,
        at=at,
    )


def _size_price(decision: SizeDecision, suggestion: Suggestion) -> catalog.SizePrice:
    return catalog.SizePrice(
        variant_id=decision.variant_id,
        price=decision.price,
        seen_price=decision.seen_price,
        servings=_servings(decision),
        reason=decision.reason or _why(suggestion.servings),
    )


def _servings(decision: SizeDecision) -> tuple[int, int] | None:
    if decision.servings_least is None or decision.servings_most is None:
        return None
    return decision.servings_least, decision.servings_most


def _why(servings: ServingsEstimate | None) -> str:
    """Name the model where its servings are taken over, which the chart would have put apart."""
    if servings is None or servings.origin == EstimateOrigin.FORMULA:
        return ""
    return f"As {servings.version} predicts."
