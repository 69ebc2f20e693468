"""The kitchen's board among 100,000 orders: CPU of this process and of PostgreSQL.

Asked for in this process, so that what is measured is the selector's work; the floor is one
statement that reads one row, by the same connection.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.scenario import Platform, Row

ORDERS, ROUNDS = 100_000, 15


def scenarios(platform: Platform) -> list[Row]:
    """Fill the books and print a line for each thing that a board asks for."""
    import django

    django.setup()
    from apps.orders import selectors
    from apps.orders.models import Order
    from apps.orders.rules.firing import Lane
    from bakery.kernel import clock
    from benchmarks.many_orders import fill_orders, open_orders

    fill_orders(ORDERS)
    at = clock.now()
    held = len(selectors.board_snapshot(at=at)["orders"])
    print(
        f"\nThe board among {Order.objects.count():,} orders, {open_orders():,} of them open, "
        f"{held} on the board"
    )
    floor = _measure(platform, lambda: Order.objects.order_by("pk").values_list("pk").first())
    _print("one row by its key (floor)", floor, floor)
    for name, work in {
        "the whole picture": lambda: selectors.board_snapshot(at=at),
        "what is new since": lambda: selectors.board_updates(after_seq=0, limit=100),
        "the badges": lambda: selectors.board_counts(at=at),
        "today's cakes": lambda: (
            selectors.board_orders(at=at, lane=Lane.TODAY).filter(has_cake=True).count()
        ),
        "tickets to print": lambda: selectors.due_tickets(at=at),
    }.items():
        _print(name, _measure(platform, work), floor)
    return []


def _measure(platform: Platform, work: Callable[[], Any]) -> tuple[float, float, float, int]:
    """Return milliseconds on the clock (median), of Python and of PostgreSQL, and statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        work()
    spent = []
    own = time.process_time()
    with platform.processes.measured() as theirs:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            work()
            spent.append((time.perf_counter() - start) * 1000)
        own = time.process_time() - own
    middle = sorted(spent)[ROUNDS // 2]
    return middle, own / ROUNDS * 1000, theirs.postgres / ROUNDS * 1000, len(captured)


def _print(
    name: str, found: tuple[float, float, float, int], floor: tuple[float, float, float, int]
) -> None:
    middle, own, theirs, count = found
    print(
        f"  {name:28} median {middle:7.1f} ms ({middle / floor[0]:6.1f} x)   Python {own:6.1f} ms"
        f"   PostgreSQL {theirs:6.1f} ms   {count:2} statements"
    )
