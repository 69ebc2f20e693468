"""Far more customers than there is: whole checkouts over HTTP, all sent at the same moment.

Exactly as many may succeed as there are pieces, places or minutes; everybody else is told so, and
nobody meets a 5xx.
"""

import json
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from benchmarks import floors
from benchmarks.checkout import CUSTOMER, database, open_slot, stocked_variant
from benchmarks.load import Client, Outcome, run
from benchmarks.scenario import Platform, Row, new_key

CLIENTS = 200
_DAY = "SELECT (starts_at AT TIME ZONE 'UTC')::date FROM inventory_slot WHERE id = %s"


@dataclass(frozen=True)
class Rush:
    """What everybody wants, and how many of them can have it."""

    name: str
    variant: int
    slot: int
    there: int


def _filled_cart(client: Client, variant: int) -> str:
    cart: str = json.loads(client.call("POST", "/api/v1/carts", {})[1])["id"]
    line = {"variant_id": variant, "quantity": 1, "message": ""}
    client.call("PUT", f"/api/v1/carts/{cart}/lines", line)
    return cart


def _measure(platform: Platform, rush: Rush) -> Row:
    filler = Client(platform.web)
    carts = [_filled_cart(filler, rush.variant) for _ in range(CLIENTS)]
    told: Counter[str] = Counter()
    lock = threading.Lock()

    def buy(client: Client, number: int) -> int:
        wanted = {"cart_id": carts[number], "slot_id": rush.slot, "customer": CUSTOMER}
        status, body = client.call("POST", "/api/v1/orders", wanted, new_key())
        with lock:
            told["sold" if status == 201 else _reason(body)] += 1
        return status

    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=CLIENTS, clients=CLIENTS, work=buy)
    return Row(
        name=f"{CLIENTS} checkouts at once for {rush.name}",
        outcome=outcome,
        spent=spent,
        per=CLIENTS,
        floor_app=floors.bare_reply_ms(b"{}"),
        note=f"{_verdict(outcome, told, rush)}: {dict(told)}; booked {_booked(rush)}",
    )


def _verdict(outcome: Outcome, told: Counter[str], rush: Rush) -> str:
    broken = sum(count for status, count in outcome.statuses.items() if status >= 500)
    answered = sum(outcome.statuses.values()) == CLIENTS
    return "exact" if told["sold"] == rush.there and answered and not broken else "WRONG"


def _reason(body: bytes) -> str:
    error: dict[str, Any] = json.loads(body).get("error", {})
    constraint = error.get("details", {}).get("constraint", "")
    return f"{error.get('code', '?')} {constraint}".strip()


def _booked(rush: Rush) -> str:
    with database() as connection:
        row = connection.execute(
            "SELECT booked, decorator_booked FROM inventory_slot WHERE id = %s", (rush.slot,)
        ).fetchone()
        stock = connection.execute(
            """SELECT 'day', sum(reserved) FROM inventory_datedstock WHERE variant_id = %s
            UNION ALL SELECT 'stock', reserved FROM inventory_stock WHERE variant_id = %s""",
            (rush.variant, rush.variant),
        ).fetchall()
    return f"{row} (places, minutes), {dict(stock)}"


def _plan(variant: int, slot: int, pieces: int) -> None:
    """Give the slot's day a stock of its own, ledger included; days of UTC either side as well."""
    with database() as connection:
        row = connection.execute(_DAY, (slot,)).fetchone()
        day: date = row[0] if row else date.min
        for offset in (-1, 0, 1):
            for table, columns, values in (
                ("datedstock", "on_hand, reserved", "%s, 0"),
                (
                    "datedstockmove",
                    "delta_on_hand, delta_reserved, reason, ref, note, actor, at",
                    "%s, 0, 'planned', gen_random_uuid()::text, '', 'bench', now()",
                ),
            ):
                connection.execute(
                    f"INSERT INTO inventory_{table} (variant_id, day, {columns})"
                    f" VALUES (%s, %s::date + %s::int, {values})",
                    (variant, day, offset, pieces),
                )


def scenarios(platform: Platform) -> list[Row]:
    """Measure the last pieces of stock and of a day, the last places and the last minutes."""
    day, slot = stocked_variant(1000), open_slot(1000)
    _plan(day, slot, 10)
    rushes = (
        Rush("10 pieces in stock", stocked_variant(10), open_slot(1000), 10),
        Rush("10 pieces of one day", day, slot, 10),
        Rush("a slot of 5 orders", stocked_variant(1000), open_slot(5), 5),
        Rush(
            "a slot of 150 decorator minutes, 30 each",
            stocked_variant(1000, minutes=30),
            open_slot(1000, minutes=150),
            5,
        ),
    )
    return [_measure(platform, rush) for rush in rushes]
