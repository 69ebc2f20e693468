"""Simulated decisions by the rates in force, to learn from; never mixed with real ones."""

from datetime import datetime

from apps.catalog.selectors import Tier, servings_of_stack
from apps.pricing.rules.formula import Rates, cost_plus
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.simulation import NOISE, Bakery, simulate
from apps.pricing.rules.spec import CakeSpec
from apps.pricing.selectors.rates import rates_at
from bakery.kernel.errors import Invalid

MOST = 100_000


def simulate_cakes(
    *, n: int, seed: int, noise: float = NOISE, until: datetime, at: datetime
) -> list[PastCake]:
    """Return ``n`` simulated decisions before ``until``, in order; one query.

    The same for the same arguments and rates. Raises `Invalid` ``bad_simulation``.
    """
    if not 1 <= n <= MOST or not 0 <= noise <= 1:
        raise Invalid("bad_simulation", f"1 to {MOST} cakes, with a noise of 0 to 1.")
    bakery = bakery_of(rates_at(at), noise=noise)
    return simulate(n=n, seed=seed, until=until, bakery=bakery)


def bakery_of(rates: Rates, *, noise: float = NOISE) -> Bakery:
    """Return a simulated bakery that has these ``rates``."""
    return Bakery(
        formula=lambda spec: cost_plus(spec, rates).price,
        chart=_chart,
        rush_days=rates.rush_days,
        step=rates.price_step,
        noise=noise,
    )


def _chart(spec: CakeSpec) -> int:
    return servings_of_stack(
        [Tier(tier.shape, tier.length_in, tier.width_in, tier.height_in) for tier in spec.tiers]
    ).servings
