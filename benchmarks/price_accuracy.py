"""How near predictions of prices come to the best possible: `make bench ARGS=price_accuracy`.

Decisions of a made-up bakery (see apps/pricing/rules/simulation.py) whose noise is known, so that
the least possible error is, too. 500, 2,000 and 10,000 of them are learned from; 5,000 fresh ones
of the last fifth of the time are predicted by the formula, by XGBoost without the formula, and by
ours. `python -m benchmarks.price_accuracy --seeds N` repeats all of it with other bakeries' luck,
and needs no platform. Training times are of one thread's CPU.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal

from benchmarks.scenario import Platform, Row

SIZES, FRESH = (500, 2_000, 10_000), 5_000
_UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    """Print a line for each number of decisions and seed, and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noise", type=float, default=0.08)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.dev")
    import django

    django.setup()
    from apps.pricing.rules.simulation import noise_floor

    floor = noise_floor(given.noise)
    print(f"noise {given.noise}: no mean absolute error on the logarithm below {floor:.4f}")
    print("decisions  seed   formula     plain      ours  x floor  ours MAPE  in range  train s")
    for size in given.sizes:
        rows = [_row(size, seed, given.noise, floor) for seed in range(1, given.seeds + 1)]
        means = [statistics.mean(column) for column in zip(*rows, strict=True)]
        print(f"{size:9,}  mean {_line(means)}", flush=True)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


def scenarios(_: Platform) -> list[Row]:
    """Print the table; there is nothing in it that could stand in a row of times."""
    main([])
    return []


def _row(size: int, seed: int, noise: float, floor: float) -> list[float]:
    from apps.pricing.adapters.trials import compare
    from apps.pricing.rules.formula import Rates
    from apps.pricing.rules.simulation import simulate
    from apps.pricing.services.simulating import bakery_of

    rates = Rates(
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
    bakery = bakery_of(rates, noise=noise)
    past = simulate(n=size, seed=seed, until=_UNTIL, bakery=bakery)
    fresh = simulate(n=FRESH, seed=1000 + seed, until=_UNTIL, bakery=bakery, after=0.8)
    begun = time.process_time()
    trial = compare(past, fresh)
    spent = time.process_time() - begun
    figures = [
        trial.formula.mae_log,
        trial.plain.mae_log,
        trial.ours.mae_log,
        trial.ours.mae_log / floor,
        trial.ours.mape,
        trial.covered,
        trial.learned.seconds,
    ]
    print(f"{size:9,}  {seed:4} {_line(figures)}   ({spent:.1f} s of CPU in all)", flush=True)
    return figures


def _line(figures: list[float]) -> str:
    formula, plain, ours, share, mape, covered, seconds = figures
    return (
        f"{formula:9.4f} {plain:9.4f} {ours:9.4f} {share:8.2f} {mape:8.1f} %"
        f" {covered * 100:7.1f} % {seconds:8.1f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
