"""Webhook acknowledgement, draining what was acknowledged, and from paid to the board."""

import hashlib
import hmac
import json
import os
import time
from typing import Any

import psycopg

from bakery.demo.drive import Addresses, Drive
from benchmarks import floors
from benchmarks.checkout import database, open_slot, order, pay_link, stocked_variant
from benchmarks.load import Client, run
from benchmarks.meters import percentile
from benchmarks.scenario import Platform, Row

_EVENTS = 500


def _signed(event_id: str, session: str) -> tuple[bytes, dict[str, str]]:
    """Return an event's body and its signature, as Stripe makes it."""
    now = int(time.time())
    body = json.dumps(
        {
            "id": event_id,
            "object": "event",
            "api_version": "2026-01-01",
            "created": now,
            "livemode": False,
            "type": "checkout.session.completed",
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": {"id": session, "object": "checkout.session"}},
        }
    ).encode()
    secret = os.environ["STRIPE_WEBHOOK_SECRETS"].split(",")[0].encode()
    mac = hmac.new(secret, b"%d." % now + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={now},v1={mac}", "Content-Type": "application/json"}


def acknowledgement(platform: Platform) -> Row:
    """Deliver 500 events at once; then time how long the workers take to apply them all."""
    stamp = time.time_ns()

    def deliver(client: Client, number: int) -> int:
        # Sessions that nobody knows: stored, fetched, parked. The order's own events come below.
        body, headers = _signed(f"evt_bench_{stamp}_{number}", f"cs_test_bench{stamp}{number}")
        return client.call("POST", "/webhooks/stripe/", body, headers)[0]

    with platform.processes.measured() as spent:
        outcome = run(platform.web, calls=_EVENTS, clients=16, work=deliver)
    start = time.monotonic()
    with database() as connection:
        while time.monotonic() - start < 120:
            row = connection.execute(
                "SELECT count(*) FROM kernel_outboxmessage"
                " WHERE done_at IS NULL AND dead_at IS NULL"
            ).fetchone()
            connection.commit()
            if not row or not row[0]:
                break
            time.sleep(0.05)
        stored = connection.execute(
            "SELECT count(*) FROM payments_stripeevent WHERE id LIKE %s", (f"evt_bench_{stamp}%",)
        ).fetchone()

    def bare(connection: "psycopg.Connection[Any]") -> None:
        for table in ("payments_stripeevent", "kernel_outboxmessage"):
            connection.execute(
                f"INSERT INTO bench_{table} SELECT * FROM {table} ORDER BY id DESC LIMIT 1"
            )

    with database() as connection:
        for table in ("payments_stripeevent", "kernel_outboxmessage"):
            connection.execute(f"CREATE TABLE IF NOT EXISTS bench_{table} (LIKE {table})")
    return Row(
        name=f"webhook acknowledgement, {_EVENTS} at once",
        outcome=outcome,
        spent=spent,
        per=_EVENTS,
        floor_app=floors.bare_reply_ms(b'{"received": true}'),
        floor_sql=floors.bare_sql_ms(platform.processes, bare, calls=400),
        aim=8,
        note=f"{stored[0] if stored else 0} of {_EVENTS} kept; drained "
        f"{time.monotonic() - start:.1f} s after the last acknowledgement",
    )


def paid_to_board(platform: Platform, *, orders: int = 20) -> None:
    """Print the time from Stripe's "paid" click to the kitchen's socket, order by order."""
    drive = Drive(Addresses(platform.web, platform.live, platform.sandbox), lambda _: None)
    drive.log_in_kitchen()
    variant, slot = stocked_variant(orders + 5), open_slot(orders + 5)
    delays: list[float] = []
    client, stripe = Client(platform.web), Client(platform.sandbox)
    with drive.watch_board() as board, platform.processes.measured() as spent:
        for _ in range(orders):
            _, placed = order(client, variant, slot)
            _, session = pay_link(client, placed["public_id"])
            start = time.monotonic()
            stripe.call("POST", f"/stripe/_pay/{session}", {"card": "success"})
            drive.see_on_board(board, placed["number"], start)
            delays.append((time.monotonic() - start) * 1000)
    print(
        f"\npaid on Stripe's page to the kitchen's socket, {orders} orders\n"
        f"  p50 {percentile(delays, 0.5):.0f}   p95 {percentile(delays, 0.95):.0f}"
        f"   max {max(delays):.0f} ms\n"
        f"  CPU an order, from cart to board: web {spent.web / orders * 1000:.1f},"
        f" worker {spent.worker / orders * 1000:.1f}, SQL {spent.postgres / orders * 1000:.1f} ms"
    )


def scenarios(platform: Platform) -> list[Row]:
    """Measure the acknowledgement; the board's delay prints itself."""
    rows = [acknowledgement(platform)]
    paid_to_board(platform)
    return rows
