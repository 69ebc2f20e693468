"""From paid to the kitchen's telephone; and a thousand paid cakes in a storm.

`make bench ARGS=alerts` and `make bench ARGS=storm`.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from bakery.sandbox.engines.ports import find_free_port
from bakery.sandbox.engines.valkey import ValkeyEngine
from benchmarks.checkout import database, open_slot, order, pay_link
from benchmarks.load import Client
from benchmarks.meters import percentile
from benchmarks.scenario import Platform

AIM_MS = 2000
_STORM_ORDERS = int(os.environ.get("STORM_ORDERS", "1000"))
_WITHIN_S = 60


def cake_variant(pieces: int) -> int:
    """Make a size of a published cake with ``pieces`` on hand; return its id."""
    with database() as connection:
        row = connection.execute(
            """INSERT INTO catalog_variant (product_id, sku, name, price, lead_time_hours,
            message_max_length, made_to_order, position, shape, tiers, pieces, packaging,
            lead_days, oven_minutes, decorator_minutes)
            SELECT id, 'A-' || left(gen_random_uuid()::text, 18), gen_random_uuid()::text,
            48.00, 0, 40, false, 9, '', '[]', 1, 'loose', 0, 0, 0
            FROM catalog_product WHERE status = 'published' AND kind = 'cake' LIMIT 1
            RETURNING id"""
        ).fetchone()
        variant = int(row[0]) if row else 0
        connection.execute(
            "INSERT INTO inventory_stock (variant_id, on_hand, reserved) VALUES (%s, %s, 0)",
            (variant, pieces),
        )
        return variant


class _Shop:
    """The running platform, from the customer's and from the kitchen's side."""

    def __init__(self, platform: Platform, pieces: int) -> None:
        self.platform = platform
        self.variant, self.slot = cake_variant(pieces), open_slot(pieces)
        self.sandbox = Client(platform.sandbox)

    def order(self) -> tuple[str, str]:
        """Place an order and open its payment; return its number and the session's id."""
        client = Client(self.platform.web)
        _, placed = order(client, self.variant, self.slot)
        return placed["number"], pay_link(client, placed["public_id"])[1]

    def get(self, path: str) -> Any:
        """Return JSON of the sandbox."""
        return json.loads(self.sandbox.call("GET", path)[1])

    def pay(self, session: str) -> None:
        """Pay as on Stripe's page."""
        client = Client(self.platform.sandbox)
        client.call("POST", f"/stripe/_pay/{session}", {"card": "success"})

    def texted_at(self, number: str) -> float | None:
        """Return when Twilio accepted the text about an order; None while it has none."""
        for sent in self.get("/api/messages?limit=400"):
            if number in sent["body"]:
                return float(sent["accepted_at"])
        return None

    def accepted_at(self, session: str) -> float:
        """Return when the platform had answered Stripe's event about a session."""
        events = {
            event["id"]
            for event in self.get("/api/stripe/events?limit=400")
            if event["type"] == "checkout.session.completed"
            and event["data"]["object"]["id"] == session
        }
        return min(
            float(attempt["at"]) + float(attempt["ms"]) / 1000
            for delivery in self.get("/api/stripe/deliveries?limit=800")
            if delivery["subject"] in events
            for attempt in delivery["attempts"]
        )


def _delays(shop: _Shop, paid: list[tuple[str, str]]) -> list[float]:
    """Wait for the texts about paid orders; return milliseconds from the webhook to each."""
    deadline, texted = time.monotonic() + _WITHIN_S, dict[str, float]()
    while len(texted) < len(paid) and time.monotonic() < deadline:
        for number, _ in paid:
            at = texted.get(number) or shop.texted_at(number)
            if at is not None:
                texted[number] = at
        time.sleep(0.05)
    if len(texted) < len(paid):
        print(f"  {len(paid) - len(texted)} texts did not come within {_WITHIN_S} s")
    return [
        (texted[number] - shop.accepted_at(session)) * 1000
        for number, session in paid
        if number in texted
    ]


def _print(name: str, delays: list[float]) -> None:
    print(
        f"  {name:24} p50 {percentile(delays, 0.5):6.0f}   p95 {percentile(delays, 0.95):6.0f}"
        f"   max {max(delays, default=0):6.0f} ms   (aim: p95 below {AIM_MS})"
    )


def _bare_texts(calls: int) -> tuple[list[float], float]:
    """Send texts with Twilio's SDK and nothing else: milliseconds of each, CPU of one."""
    from uuid import uuid4

    from apps.notifications.adapters import sms

    took, cpu = [], time.process_time()
    for number in range(calls):
        start = time.monotonic()
        sms.send(to="+14165550177", body=f"A bare text {number}.", reference=uuid4())
        took.append((time.monotonic() - start) * 1000)
    return took, (time.process_time() - cpu) / calls * 1000


def paid_to_text(platform: Platform, *, orders: int = 20) -> None:
    """Print the time from Stripe's webhook to the kitchen's text, one at a time and at once."""
    import django

    django.setup()
    shop = _Shop(platform, 3 * orders)
    print(f"\npaid to text, {orders} orders; load {os.getloadavg()[0]:.1f} before the run")
    single: list[float] = []
    with platform.processes.measured() as spent:
        for _ in range(orders):
            number, session = shop.order()
            shop.pay(session)
            single += _delays(shop, [(number, session)])
    _print("one at a time", single)
    together = [shop.order() for _ in range(orders)]
    threads = [threading.Thread(target=shop.pay, args=(session,)) for _, session in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _print(f"{orders} at once", _delays(shop, together))
    bare, cpu = _bare_texts(orders)
    _print("floor: a bare text", bare)
    print(
        f"  worker CPU an order {spent.worker / orders * 1000:.1f} ms, all its handlers; "
        f"a bare text {cpu:.1f} ms"
    )


def latency(platform: Platform) -> list[Any]:
    """Measure from paid to texted; it prints itself."""
    paid_to_text(platform)
    return []


@contextmanager
def _suspended(platform: Platform) -> Iterator[None]:
    """Stop the platform's own workers, which the storm's stand in for."""
    roots = [pid for name, pid in platform.processes.roots.items() if name in _OWN]
    family = [p for root in roots for p in (psutil.Process(root), *_children(root))]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


_OWN = {"worker", "background", "beat"}


def _children(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children(recursive=True))


def storm(platform: Platform) -> list[Any]:
    """Pay a thousand cakes while a tenth of Twilio fails and everything is killed in turn."""
    with tempfile.TemporaryDirectory(prefix="bakery-storm-") as folder:
        engine = ValkeyEngine(directory=Path(folder, "valkey"), port=find_free_port())
        urls = {n: engine.url(i) for i, n in enumerate(("REDIS_URL", "CACHE_URL", "CHANNELS_URL"))}
        os.environ.update(urls)
        import django

        django.setup()
        engine.start()
        try:
            with _suspended(platform):
                _storm(platform, engine, Path(folder), urls)
        finally:
            engine.kill()
    return []


def _blows(engine: ValkeyEngine, workers: Any) -> dict[int, Callable[[], None]]:
    """Return what happens after which tenth of the orders."""
    return {
        2: workers.kill_child,
        4: engine.kill,
        5: engine.start,
        6: workers.kill_child,
        7: workers.kill_whole,
        8: workers.start,
    }


def _storm(platform: Platform, engine: ValkeyEngine, folder: Path, urls: dict[str, str]) -> None:
    from benchmarks import storm as weather

    sandbox = weather.Sandbox(platform.sandbox)
    sandbox.twilio.set_inbound_url(f"{platform.web}/webhooks/twilio/inbound/")
    weather.let_twilio_fail(sandbox.twilio, patience=8)
    goods = {"variant_id": cake_variant(_STORM_ORDERS), "slot_id": open_slot(_STORM_ORDERS)}
    workers = weather.Workers(folder=folder, environment=urls, app="bakery")
    start, part = time.monotonic(), max(_STORM_ORDERS // 10, 1)
    numbers: list[str] = []
    blows = _blows(engine, workers)
    workers.start(2)
    try:
        with weather.Background(lambda: weather.send_sweeps(engine.url()), every=5):
            for tenth in range(10):
                numbers += weather.pay_cakes(part, **goods)
                blows.get(tenth, lambda: None)()
            paid = time.monotonic() - start
            people = weather.People(sandbox, numbers)
            with weather.Background(people.answer, every=2):
                figures = weather.settle(
                    sandbox, people, aged=timedelta(minutes=11), within=_STORM_ORDERS * 1.5
                )
    finally:
        workers.stop()
    at = datetime.now(UTC)
    print(
        f"\nstorm over {len(numbers)} paid cakes, {at:%Y-%m-%d}; paid in {paid:.0f} s, "
        f"all over in {time.monotonic() - start:.0f} s"
    )
    figures.print()
    print(f"  killed         {dict(workers.kills)}, Valkey once")
    for name, counted in sandbox.twilio.counts().items():
        print(f"  Twilio {name:10} {counted}")
    if not figures.is_settled:
        raise SystemExit("an alert was neither acknowledged nor told to the last level")
