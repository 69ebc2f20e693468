"""The promise at 8 weeks of busy pickup times: of a cart over HTTP, of one size, of 50 sizes."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks import floors
from benchmarks.load import Client, Outcome, run
from benchmarks.meters import Spent
from benchmarks.scenario import Platform, Row

DAYS, SIZES, ROUNDS = 56, 50, 200
# Full but for every seventh from the third day on, so that a promise has to look at many.
_FILL = """
INSERT INTO inventory_slot (starts_at, ends_at, capacity, booked, max_pieces, pieces_booked,
  max_oven_minutes, oven_booked, max_decorator_minutes, decorator_booked, closed)
SELECT start, start + interval '1 hour', 6, n, 150, n * 20, 180, n * 28,
       120, CASE WHEN extract(day FROM start)::int %% 7 = 0 THEN 0 ELSE 115 END, false
FROM (SELECT day + hour * interval '1 hour' AS start, (random() * 5)::int AS n
      FROM generate_series(date_trunc('day', now()), now() + %s * interval '1 day',
                           interval '1 day') day,
           generate_series(13, 22) hour) s
ON CONFLICT (starts_at) DO UPDATE SET booked = excluded.booked, capacity = 6,
  max_decorator_minutes = 120, decorator_booked = excluded.decorator_booked,
  max_oven_minutes = 180, oven_booked = excluded.oven_booked, closed = false
"""
_READ = "SELECT * FROM inventory_slot WHERE starts_at > now() ORDER BY starts_at"
_SIZE = """SELECT v.*, p.name, s.* FROM catalog_variant v JOIN catalog_product p
 ON p.id = v.product_id LEFT JOIN inventory_stock s ON s.variant_id = v.id WHERE v.id = ANY(%s)"""


def _bare(ids: list[int]) -> Callable[[psycopg.Connection[Any]], None]:
    """Return the least that a promise must read: its sizes, and the pickup times ahead."""

    def read(connection: psycopg.Connection[Any]) -> None:
        connection.execute(_SIZE, (ids,)).fetchall()
        connection.execute(_READ).fetchall()

    return read


def _make_sizes() -> list[int]:
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"]) as connection:
        connection.execute(_FILL, (DAYS,))
        rows = connection.execute(
            """INSERT INTO catalog_variant (product_id, sku, name, price, lead_time_hours,
            message_max_length, made_to_order, position, shape, tiers, pieces, packaging,
            lead_days, oven_minutes, decorator_minutes)
            SELECT (SELECT id FROM catalog_product WHERE status = 'published' ORDER BY id LIMIT 1),
            'PROM-' || left(gen_random_uuid()::text, 18), gen_random_uuid()::text, 40, 24, 0, true,
            9, '', '[]', 1, 'loose', n %% 3, 30, 10 + n %% 20 FROM generate_series(1, %s) n
            RETURNING id""",
            (SIZES,),
        ).fetchall()
        count = connection.execute(_READ).rowcount
    print(f"\n{count} pickup times ahead")
    return [int(pk) for (pk,) in rows]


def _timed(name: str, platform: Platform, ids: list[int], work: Callable[[], Any]) -> Row:
    """Run ``work`` in this process: its CPU is what the web would spend."""
    work()
    latencies = []
    with platform.processes.measured() as spent:
        cpu, begun = time.process_time(), time.perf_counter()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            work()
            latencies.append(time.perf_counter() - start)
        seconds = time.perf_counter() - begun
        cpu = time.process_time() - cpu
    return Row(
        name=name,
        outcome=Outcome(latencies, Counter({200: ROUNDS}), seconds),
        spent=Spent(web=cpu, postgres=spent.postgres),
        per=ROUNDS,
        floor_sql=floors.bare_sql_ms(platform.processes, _bare(ids), calls=ROUNDS),
    )


def _cart(platform: Platform, ids: list[int]) -> Row:
    client = Client(platform.web)
    cart = json.loads(client.call("POST", "/api/v1/carts", body={})[1])["id"]
    for pk in ids:
        line = {"variant_id": pk, "quantity": 1}
        status, body = client.call("PUT", f"/api/v1/carts/{cart}/lines", body=line)
        assert status == 200, body[:200]
    path = f"/api/v1/carts/{cart}/promise?days=1"
    status, body = client.call("GET", path)
    assert status == 200, body[:200]

    def get(client: Client, _: int) -> int:
        return client.call("GET", path)[0]

    run(platform.web, calls=50, clients=2, work=get)
    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=ROUNDS, clients=2, work=get)
    return Row(
        name=f"promise of a cart of {len(ids)}: {json.loads(body)['binding']}",
        outcome=outcome,
        spent=spent,
        per=ROUNDS,
        floor_app=floors.bare_reply_ms(body),
        floor_sql=floors.bare_sql_ms(platform.processes, _bare(ids), calls=ROUNDS),
    )


def scenarios(platform: Platform) -> list[Row]:
    """Measure a cart over HTTP, then the function for one size and for a page of them."""
    import django

    django.setup()
    from apps.catalog.selectors import promises_of
    from bakery.kernel import clock

    ids = _make_sizes()
    at = clock.now()
    return [
        _cart(platform, ids[:3]),
        _timed("promise of one size", platform, ids[:1], lambda: promises_of(ids[:1], at=at)),
        _timed(f"promises of {SIZES} sizes", platform, ids, lambda: promises_of(ids, at=at)),
    ]
