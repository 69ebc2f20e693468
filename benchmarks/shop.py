"""Product list and detail, uncached: no If-None-Match is sent, every reply is made anew."""

import os
from typing import Any

import psycopg

from benchmarks import floors
from benchmarks.load import Client, run
from benchmarks.scenario import Platform, Row

_LIST = "/api/v1/products?page_size=24"
_SHELF = """SELECT p.*, c.name, c.slug FROM catalog_product p JOIN catalog_category c
 ON c.id = p.category_id WHERE p.status = 'published' ORDER BY p.name, p.id LIMIT 25"""
_ONE = """SELECT p.*, c.name FROM catalog_product p JOIN catalog_category c
 ON c.id = p.category_id WHERE p.id = %s"""
_SIZES = """SELECT v.*, s.on_hand, s.reserved FROM catalog_variant v
 LEFT JOIN inventory_stock s ON s.variant_id = v.id
 WHERE v.archived_at IS NULL AND v.product_id = ANY(%s) ORDER BY v.position, v.id"""


def fill_shelf(wanted: int = 24) -> None:
    """Copy published products until there are ``wanted``, so that a page is a full one."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"]) as connection:
        have = connection.execute(
            "SELECT count(*) FROM catalog_product WHERE status = 'published'"
        ).fetchone()
        for number in range(max(0, wanted - (have[0] if have else 0))):
            new = connection.execute(
                """INSERT INTO catalog_product (name, slug, kind, status, category_id,
                short_description, description, tax_class, image, image_set, diet_tags, free_from,
                allergens, created_at, updated_at)
                SELECT name || %s, slug || %s, kind, status, category_id, short_description,
                description, tax_class, image, image_set, diet_tags, free_from, allergens,
                now(), now()
                FROM catalog_product WHERE status = 'published' ORDER BY id LIMIT 1 OFFSET %s
                RETURNING id""",
                (f" {number}", f"-{number}", number % 10),
            ).fetchone()
            connection.execute(
                """INSERT INTO catalog_variant (product_id, sku, name, price, lead_time_hours,
                message_max_length, made_to_order, position, shape, tiers, pieces, packaging,
                lead_days, oven_minutes, decorator_minutes)
                VALUES (%s, %s, 'Each', 5, 0, 0, true, 0, '', '[]', 1, 'loose', 0, 0, 0)""",
                (new[0] if new else None, f"BENCH-{number}"),
            )


def _page(platform: Platform, name: str, path: str, *, ids: list[int], aim: float) -> Row:
    status, body = Client(platform.web).call("GET", path)
    assert status == 200, body[:200]
    calls = 1500

    def get(client: Client, _: int) -> int:
        return client.call("GET", path)[0]

    run(platform.web, calls=200, clients=4, work=get)
    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=calls, clients=4, work=get)

    def bare(connection: psycopg.Connection[Any]) -> None:
        if len(ids) > 1:
            connection.execute(_SHELF).fetchall()
        else:
            connection.execute(_ONE, ids).fetchall()
        connection.execute(_SIZES, (ids,)).fetchall()

    return Row(
        name=f"{name} ({len(body)} bytes)",
        outcome=outcome,
        spent=spent,
        per=calls,
        floor_app=floors.bare_reply_ms(body),
        floor_sql=floors.bare_sql_ms(platform.processes, bare, calls=1500),
        aim=aim,
    )


def scenarios(platform: Platform) -> list[Row]:
    """Measure both pages."""
    fill_shelf()
    products = platform.get(_LIST)["results"]
    ids = [product["id"] for product in products]
    detail = f"/api/v1/products/{products[0]['slug']}"
    return [
        _page(platform, f"product list of {len(products)}", _LIST, ids=ids, aim=4),
        _page(platform, "product detail", detail, ids=ids[:1], aim=3),
    ]
