"""Past cakes and trained versions for tests: simulated ones, learned from once in a run."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from apps.pricing.adapters.learning import Learned, learn
from apps.pricing.rules.artefact import Artefact
from apps.pricing.rules.formula import Rates
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.simulation import NOISE, simulate
from apps.pricing.rules.tables import Table
from apps.pricing.services.simulating import bakery_of
from apps.pricing.states import DataOrigin, ModelKind

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
RATES = Rates(
    starts_on=datetime(2020, 1, 1, tzinfo=UTC).date(),
    hourly_rate=Decimal(28),
    waste_percent=Decimal(5),
    overhead_percent=Decimal(15),
    target_margin=Decimal("0.35"),
    floor_margin=Decimal("0.15"),
    rush_days=7,
    rush_percent=Decimal(25),
    price_step=Decimal(1),
)


@lru_cache(maxsize=8)
def simulated(n: int, *, seed: int = 1, noise: float = NOISE) -> tuple[PastCake, ...]:
    """Return simulated decisions."""
    return tuple(simulate(n=n, seed=seed, until=UNTIL, bakery=bakery_of(RATES, noise=noise)))


_learned: dict[str, Learned] = {}


def learn_once(table: Table, *, current: Artefact | None = None) -> Learned:
    """Return what `learn` gives; what it gave for equal arguments, if it was asked before."""
    asked = repr((table, current))
    if asked not in _learned:
        _learned[asked] = learn(table, current=current)
    return _learned[asked]


def artefact(**changes: object) -> Artefact:
    """Return an artefact that holds nothing to predict with."""
    columns: dict[str, object] = {
        "kind": ModelKind.PRICE,
        "name": "price-2026-11-24-1",
        "booster": b"\x00booster\xff",
        "features": ("volume", "similar"),
        "monotone": (1, 0),
        "quantiles": {"": 0.15},
        "ranges": {"volume": (100.0, 900.0), "similar": (-0.2, 0.3)},
        "rows": 500,
        "data_origin": DataOrigin.DECISIONS,
    }
    return Artefact(**{**columns, **changes})  # type: ignore[arg-type]
