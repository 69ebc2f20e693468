"""Cakes, rates and a trained model for tests of prices."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from apps.pricing import services
from apps.pricing.adapters.artefacts import store_artefact
from apps.pricing.adapters.training import fit
from apps.pricing.models import ModelVersion
from apps.pricing.rules.artefact import Artefact
from apps.pricing.rules.estimates import ServingsEstimate
from apps.pricing.rules.features import MONOTONE, NAMES
from apps.pricing.rules.formula import Rates, cost_plus
from apps.pricing.rules.simulation import Bakery, simulate
from apps.pricing.rules.spec import CakeSpec, SpecTier
from apps.pricing.rules.tables import table_of
from apps.pricing.states import DataOrigin, ModelKind, Source, VersionStatus

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
# As the first migration writes them.
RATES = Rates(
    starts_on=date(2020, 1, 1),
    hourly_rate=Decimal(28),
    waste_percent=Decimal(5),
    overhead_percent=Decimal(15),
    target_margin=Decimal("0.35"),
    floor_margin=Decimal("0.15"),
    rush_days=7,
    rush_percent=Decimal(25),
    price_step=Decimal(1),
)
ROUND_8 = CakeSpec(
    tiers=(SpecTier("round", Decimal(8), None, Decimal(4)),),
    ingredient_cost=Decimal("12.00"),
    labour_hours=Decimal("2.5"),
)
WEDDING = CakeSpec(
    tiers=tuple(SpecTier("round", Decimal(inches), None, Decimal(4)) for inches in (12, 9, 6)),
    ingredient_cost=Decimal("61.00"),
    labour_hours=Decimal("8.5"),
    complexity=4,
    notice_days=60,
    event_type="wedding",
    month=7,
)


def bakery() -> Bakery:
    return Bakery(
        formula=lambda spec: cost_plus(spec, RATES).price,
        chart=lambda spec: 20,
        rush_days=RATES.rush_days,
        step=RATES.price_step,
    )


@cache
def trained(*, rows: int = 600, rounds: int = 120, is_constrained: bool = True) -> Artefact:
    """Return a model that learned from simulated decisions, the same each time."""
    cakes = simulate(n=rows, seed=7, until=AT, bakery=bakery())
    table = table_of(ModelKind.PRICE, cakes)
    if not is_constrained:
        table = replace(table, monotone=(0,) * len(MONOTONE))
    return Artefact(
        kind=ModelKind.PRICE,
        name="price-test",
        booster=fit(table, rounds).booster,
        features=NAMES,
        monotone=tuple(table.monotone),
        quantiles={"": 0.15, "small": 0.2},
        ranges=table.ranges(),
        rows=rows,
        data_origin=DataOrigin.DECISIONS,
    )


def in_use(artefact: Artefact, *, status: str = VersionStatus.CURRENT) -> ModelVersion:
    """Write the file of ``artefact`` and its version's row; needs the fixture ``storage``."""
    key, sha256 = store_artefact(artefact)
    return ModelVersion.objects.create(
        kind=artefact.kind,
        name=artefact.name,
        status=status,
        data_origin=artefact.data_origin,
        rows=artefact.rows,
        data_sha256="0" * 64,
        features=list(artefact.features),
        artefact_key=key,
        artefact_sha256=sha256,
        trained_by="system",
        trained_at=AT,
    )


def decide(
    subject: str,
    price: str,
    *,
    spec: CakeSpec = ROUND_8,
    at: datetime = AT,
    servings: ServingsEstimate | None = None,
) -> int:
    """Log a prediction by the formula and decide on ``price``; return the decision's key."""
    estimate = services.estimate_price(spec=spec, at=at)
    pk = services.log_prediction(
        source=Source.CUSTOM, subject=subject, spec=spec, price=estimate, servings=servings, at=at
    )
    return services.record_decision(
        prediction_id=pk, final_price=Decimal(price), reason="As agreed", actor="user:1", at=at
    )
