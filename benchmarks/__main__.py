"""`make bench` (ARGS="shop checkout webhooks" for some of them)."""

import os
import platform as machine
import sys

from benchmarks import (
    alerts,
    board,
    checkout,
    console,
    contention,
    orders_console,
    price_accuracy,
    pricing,
    promise,
    search,
    shop,
    webhooks,
)
from benchmarks.scenario import Platform

SCENARIOS = {
    "shop": shop.scenarios,
    "search": search.scenarios,
    "checkout": checkout.scenarios,
    "contention": contention.scenarios,
    "webhooks": webhooks.scenarios,
    "console": console.scenarios,
    "orders_console": orders_console.scenarios,
    "board": board.scenarios,
    "promise": promise.scenarios,
    "pricing": pricing.scenarios,
    "price_accuracy": price_accuracy.scenarios,
    "alerts": alerts.latency,
    "storm": alerts.storm,
}

# The storm kills what the others measure; accuracies are no times and take minutes.
BY_NAME = ("storm", "price_accuracy")


def main(names: list[str]) -> int:
    """Run the named scenarios, or all."""
    if unknown := set(names) - set(SCENARIOS):
        print(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
        return 2
    print(f"{os.cpu_count()} cores, Python {machine.python_version()}; CPU is per request or order")
    platform = Platform()
    for name in names or [name for name in SCENARIOS if name not in BY_NAME]:
        for row in SCENARIOS[name](platform):
            row.print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
