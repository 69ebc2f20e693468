"""The shelf at 5,000 products and 100,000 stock moves: pages, search, misspellings, facets.

Each row is a request over HTTP with the CPU it costs beside the floors; then every statement behind
it with the time that PostgreSQL says it took and the indexes it used.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks import floors
from benchmarks.load import Client, run
from benchmarks.scenario import Platform, Row

PRODUCTS, MOVES, CALLS, AIM_MS = 5_000, 100_000, 300, 30
_FLOOR = "SELECT id, name FROM catalog_product WHERE status = 'published' ORDER BY name LIMIT 24"
REQUESTS = {
    "list by name": "/api/v1/products",
    "list by price": "/api/v1/products?ordering=price",
    "list, newest": "/api/v1/products?ordering=newest",
    "diet and free from": "/api/v1/products?diet=vegan&free_from=egg,milk",
    "price and guests": "/api/v1/products?price_min=25&price_max=49.99&servings_min=20",
    "search, two words": "/api/v1/products?q=pistachio+baguette",
    "search, a common word": "/api/v1/products?q=chocolate",
    "search, misspelt": "/api/v1/products?q=pistacio+baguete",
    "facets of everything": "/api/v1/products/facets",
    "facets, filtered": "/api/v1/products/facets?diet=vegan&free_from=egg&price_max=49.99",
    "facets of a search": "/api/v1/products/facets?q=chocolate&kind=cake",
    "shop page": "/shop/?q=chocolate&diet=vegetarian",
}


def scenarios(platform: Platform) -> list[Row]:
    """Fill the shelf, measure each request, then print what its statements did."""
    import django

    django.setup()
    from benchmarks.big_range import fill_range

    fill_range(PRODUCTS, moves=MOVES)
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    rows = [_measure(platform, name, path) for name, path in REQUESTS.items()]
    for name, path in REQUESTS.items():
        _explain(name, path)
    return rows


def _measure(platform: Platform, name: str, path: str) -> Row:
    status, body = Client(platform.web).call("GET", path)
    assert status == 200, body[:200]

    def get(client: Client, _: int) -> int:
        return client.call("GET", path)[0]

    run(platform.web, calls=20, clients=2, work=get)
    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=CALLS, clients=2, work=get)

    def bare(connection: psycopg.Connection[Any]) -> None:
        connection.execute(_FLOOR).fetchall()

    return Row(
        name=f"{name} ({len(body)} bytes)",
        outcome=outcome,
        spent=spent,
        per=CALLS,
        floor_app=floors.bare_reply_ms(body, calls=500),
        floor_sql=floors.bare_sql_ms(platform.processes, bare, calls=500),
    )


def _explain(name: str, path: str) -> None:
    """Print the statements of one request with their time, rows read and indexes used."""
    print(f"\n{name}: {path}")
    total = 0.0
    for sql, params in _statements(path):
        took, used = _analyze(sql, params)
        total += took
        head = " ".join(sql.split())[:60]
        print(f"  {took:7.2f} ms  {head}\n              {used}")
    verdict = "within" if total <= AIM_MS else "BEYOND"
    print(f"  {total:7.2f} ms of SQL, {verdict} the aim of {AIM_MS}")


def _statements(path: str) -> list[tuple[str, Any]]:
    from django.db import connection
    from django.test import Client as Caller

    sent: list[tuple[str, Any]] = []

    def remember(
        execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any
    ) -> Any:
        if sql.lstrip().startswith(("SELECT", "WITH")):
            sent.append((sql, params))
        return execute(sql, params, many, context)

    host = os.environ["PUBLIC_BASE_URL"].partition("://")[2]
    with connection.execute_wrapper(remember):
        reply = Caller(SERVER_NAME=host.partition(":")[0]).get(path, headers={"host": host})
    assert reply.status_code == 200, reply.content[:200]
    return sent


def _analyze(sql: str, params: Any) -> tuple[float, str]:
    """Return the best time of five, and what was scanned how."""
    from django.db import connection

    times, plan = [], {}
    for _ in range(5):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            (found,) = cursor.fetchone() or ("[]",)
        plan = (json.loads(found) if isinstance(found, str) else found)[0]
        times.append(plan["Planning Time"] + plan["Execution Time"])
    used = sorted(set(_scans(plan["Plan"])))
    pages = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return min(times), f"{', '.join(used)}; {pages} pages"


def _scans(node: dict[str, Any]) -> list[str]:
    found = []
    if "Index Name" in node:
        found.append(node["Index Name"])
    elif node["Node Type"] == "Seq Scan":
        found.append(f"all of {node['Relation Name']}")
    for child in node.get("Plans", ()):
        found += _scans(child)
    return found
