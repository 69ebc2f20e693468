"""A whole checkout (cart, line, order, payment session) and contention for the last pieces."""

import json
import os
import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from benchmarks import floors
from benchmarks.load import Client, run
from benchmarks.scenario import Platform, Row, new_key

CUSTOMER = {"name": "Bench Mark", "email": "bench@customer.example", "phone": "+14165550123"}
_TABLES = ("orders_order", "orders_orderline", "inventory_hold", "inventory_reservation")


def database() -> "psycopg.Connection[Any]":
    """Return a connection as the owner of the tables."""
    return psycopg.connect(os.environ["MIGRATE_DATABASE_URL"])


def open_slot(capacity: int, *, minutes: int | None = None) -> int:
    """Make a slot far ahead for ``capacity`` orders and decorator ``minutes``; return its id."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    with database() as connection:
        row = connection.execute(
            """INSERT INTO inventory_slot (starts_at, ends_at, capacity, booked, closed,
            pieces_booked, oven_booked, decorator_booked, max_decorator_minutes)
            VALUES (%s + random() * interval '20 minutes', %s + interval '1 hour', %s, 0, false,
            0, 0, 0, %s)
            RETURNING id""",
            (start, start, capacity, minutes),
        ).fetchone()
        return int(row[0]) if row else 0


def stocked_variant(pieces: int, *, minutes: int = 0) -> int:
    """Make a published variant with ``pieces`` on hand, of so many decorator minutes each."""
    with database() as connection:
        row = connection.execute(
            """INSERT INTO catalog_variant (product_id, sku, name, price, lead_time_hours,
            message_max_length, made_to_order, position, shape, tiers, pieces, packaging,
            lead_days, oven_minutes, decorator_minutes)
            SELECT id, 'B-' || left(gen_random_uuid()::text, 18), gen_random_uuid()::text,
            4.50, 0, 0, false, 9, '', '[]', 1, 'loose', 0, 0, %s
            FROM catalog_product WHERE status = 'published' AND kind = 'everyday' LIMIT 1
            RETURNING id""",
            (minutes,),
        ).fetchone()
        variant = int(row[0]) if row else 0
        connection.execute(
            "INSERT INTO inventory_stock (variant_id, on_hand, reserved) VALUES (%s, %s, 0)",
            (variant, pieces),
        )
        return variant


def order(client: Client, variant: int, slot: int, *, message: str = "") -> tuple[int, Any]:
    """Go from an empty cart to a placed order; return the last status and its body."""
    status, body = client.call("POST", "/api/v1/carts", {})
    if status != 201:
        return status, body
    cart = json.loads(body)["id"]
    line = {"variant_id": variant, "quantity": 1, "message": message}
    status, body = client.call("PUT", f"/api/v1/carts/{cart}/lines", line)
    if status != 200:
        return status, body
    wanted = {"cart_id": cart, "slot_id": slot, "customer": CUSTOMER}
    status, body = client.call("POST", "/api/v1/orders", wanted, new_key())
    return status, json.loads(body)


def pay_link(client: Client, public_id: str) -> tuple[int, str]:
    """Ask for a payment session; return the status and the session's id."""
    status, body = client.call("POST", f"/api/v1/orders/{public_id}/pay", {})
    found = re.search(rb"cs_\w+", body)
    return status, found.group().decode() if found else ""


def _floor(platform: Platform, order_id: int) -> float:
    """Write the rows of one real order again, in one bare transaction, into tables like theirs."""
    with database() as connection:
        for table in _TABLES:
            connection.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS bench_{table} (LIKE {table})")
            connection.execute(f"ALTER TABLE bench_{table} SET LOGGED")
        names = {"orders_order": "id", "orders_orderline": "order_id"}
        hold = connection.execute("SELECT max(id) FROM inventory_hold").fetchone()
        keys = {
            **dict.fromkeys(names, order_id),
            "inventory_hold": hold,
            "inventory_reservation": hold,
        }

    def bare(connection: "psycopg.Connection[Any]") -> None:
        for table in _TABLES:
            column = names.get(table) or ("id" if table == "inventory_hold" else "hold_id")
            key = keys[table]
            value = key[0] if isinstance(key, tuple) else key
            connection.execute(
                f"INSERT INTO bench_{table} SELECT * FROM {table} WHERE {column} = %s", (value,)
            )
        connection.execute(
            "UPDATE inventory_stock SET reserved = reserved WHERE variant_id = "
            "(SELECT min(variant_id) FROM inventory_stock)"
        )

    return floors.bare_sql_ms(platform.processes, bare, calls=400)


def whole_checkout(platform: Platform) -> Row:
    """Measure cart, line, order and payment session together, per order."""
    variant, slot, calls = stocked_variant(5000), open_slot(1000), 200
    replies: list[bytes] = []

    def buy(client: Client, _: int) -> int:
        status, body = order(client, variant, slot)
        if status != 201:
            return status
        replies.append(json.dumps(body).encode())
        return pay_link(client, body["public_id"])[0]

    run(platform.web, calls=40, clients=4, work=buy)
    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=calls, clients=4, work=buy)
    with database() as connection:
        row = connection.execute("SELECT max(id) FROM orders_order").fetchone()
    last = int(row[0]) if row else 0
    return Row(
        name="a whole checkout: cart, line, order, payment session",
        outcome=outcome,
        spent=spent,
        per=calls,
        # Four requests make a checkout.
        floor_app=4 * floors.bare_reply_ms(replies[-1]),
        floor_sql=_floor(platform, last),
        aim=40,
        note="SQL includes what the workers do with the orders meanwhile (mails, mirror)",
    )


def contention(platform: Platform, *, pieces: int = 100, calls: int = 400) -> Row:
    """Let 32 clients try 400 checkouts for 100 pieces; exactly 100 may succeed, none with a 5xx."""
    variant, slot = stocked_variant(pieces), open_slot(1000)
    codes: Counter[str] = Counter()
    lock = threading.Lock()

    def buy(client: Client, _: int) -> int:
        status, body = order(client, variant, slot)
        with lock:
            codes["sold" if status == 201 else _code(body)] += 1
        return status

    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=calls, clients=32, work=buy)
    with database() as connection:
        row = connection.execute(
            "SELECT on_hand, reserved FROM inventory_stock WHERE variant_id = %s", (variant,)
        ).fetchone()

    def bare(connection: "psycopg.Connection[Any]") -> None:
        connection.execute(
            "UPDATE inventory_stock SET reserved = reserved WHERE variant_id = %s"
            " AND on_hand - reserved >= 0",
            (variant,),
        )

    broken = sum(count for status, count in outcome.statuses.items() if status >= 500)
    verdict = "exact" if codes["sold"] == pieces and not broken else "WRONG"
    return Row(
        name=f"contention: {calls} checkouts, 32 clients, {pieces} pieces",
        outcome=outcome,
        spent=spent,
        per=calls,
        floor_app=3 * floors.bare_reply_ms(b"{}"),
        floor_sql=floors.bare_sql_ms(platform.processes, bare, calls=400),
        note=f"sold {codes['sold']} of {pieces} ({verdict}); stock (on hand, reserved) {row}; "
        f"{dict(codes)}",
    )


def _code(body: Any) -> str:
    if isinstance(body, dict):
        return str(body.get("error", {}).get("code", "?"))
    return "?"


def scenarios(platform: Platform) -> list[Row]:
    """Measure both."""
    return [whole_checkout(platform), contention(platform)]
