"""Many paid cakes while everything around them fails: what became of each alert.

Used by `make bench ARGS=storm` with a thousand orders, and by the tests with a few dozen. The
orders are paid through the services, the outbox carries them, workers in processes of their own
do the work, Twilio is the local one. Processes and engines are killed by who calls this.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import requests
from django.db import connections
from django.db.models import F

from apps.notifications.models import Alert, Message
from apps.notifications.services.delivery import text_of
from apps.notifications.states import AlertState, Channel
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.rules.alert_keys import alert_key
from bakery.kernel import clock
from bakery.kernel.models import OutboxMessage
from bakery.sandbox.client import MailHandle, SandboxClient, StripeHandle, TwilioHandle
from bakery.sandbox.engines.processes import end_with_parent

_ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"https?://\S+/alerts/\S+")
_QUEUES = ("critical", "default")
_POLL_S = 1.0
# In turn: who answers by the link in the text, by a reply, on the board, and who does not.
WAYS = (*["link"] * 4, *["reply"] * 2, *["board"] * 3, "nobody")


class Sandbox:
    """Handles on a sandbox that runs elsewhere."""

    def __init__(self, url: str) -> None:
        self.client = SandboxClient(url)
        self.stripe, self.twilio = StripeHandle(self.client), TwilioHandle(self.client)
        self.mail = MailHandle(self.client)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What became of the orders' alerts, and of the texts about them.

    ``open``: neither acknowledged nor told to everybody; ``lost``: orders without an alert.
    ``duplicates``: texts at Twilio beyond the first of one message, ``flagged`` of them known to
    the platform as possible ones; ``most`` copies of any one message. ``dead`` outbox rows.
    """

    orders: int
    lost: int
    acknowledged: int
    escalated: int
    open: int
    texts: int
    duplicates: int
    flagged: int
    most: int
    dead: int

    @property
    def is_settled(self) -> bool:
        """Whether each order's alert was acknowledged or told to the last level."""
        return self.acknowledged + self.escalated == self.orders

    def print(self) -> None:
        """Print one line a figure."""
        for name, value in asdict(self).items():
            print(f"  {name:14} {value:6}")


def pay_cakes(count: int, *, variant_id: int, slot_id: int) -> list[str]:
    """Place and settle ``count`` orders of one cake; return their numbers."""
    return [_pay_cake(variant_id, slot_id) for _ in range(count)]


def _pay_cake(variant_id: int, slot_id: int) -> str:
    at = clock.now()
    cart = orders.create_cart(at=at)
    orders.put_line(cart_id=cart.pk, variant_id=variant_id, quantity=1, message="", at=at)
    order = orders.place_order(
        cart_id=cart.pk,
        customer=orders.Customer(
            name="Stormy Weather", email="storm@customer.example", phone="+14165550123"
        ),
        slot_id=slot_id,
        expected_total=None,
        at=at,
    )
    outcome = orders.confirm_payment(
        order_id=order.pk,
        payment_ref=f"pi_storm_{order.number}",
        amount_minor=int(order.total * 100),
        currency=order.currency.lower(),
        at=at,
    )
    if outcome != orders.PaymentOutcome.CONFIRMED:
        raise RuntimeError(f"order {order.number} was not settled: {outcome}")
    return str(order.number)


class Workers:
    """Celery workers in processes of their own, whose children and selves can be killed."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], app: str) -> None:
        self._folder, self._app = folder, app
        self.environment = dict(environment)
        self.running: list[subprocess.Popen[bytes]] = []
        self.kills: Counter[str] = Counter()

    def start(self, count: int = 1) -> None:
        """Start so many more."""
        for _ in range(count):
            number = len(list(self._folder.glob("worker-*.log")))
            command = ["celery", "--quiet", "-A", self._app, "worker", f"--hostname=w{number}@%h"]
            command += [f"--queues={','.join(_QUEUES)}", "--concurrency=2", "--loglevel=WARNING"]
            with (self._folder / f"worker-{number}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", *command, "--without-gossip", "--without-mingle"],
                    cwd=_ROOT,
                    env={**os.environ, **self.environment},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call
                )
            self.running.append(process)

    def children(self) -> list[int]:
        """Return the pool processes that are alive."""
        found = []
        for process in self.running:
            try:
                found += [child.pid for child in psutil.Process(process.pid).children()]
            except psutil.NoSuchProcess:
                continue
        return found

    def pids(self) -> list[int]:
        """Return the workers that are alive."""
        return [process.pid for process in self.running if process.poll() is None]

    def kill_child(self) -> None:
        """SIGKILL the first pool process."""
        children = self.children()
        if children:
            os.kill(children[0], signal.SIGKILL)
            self.kills["child"] += 1

    def kill_whole(self) -> None:
        """SIGKILL the oldest worker with all its children."""
        process = self.running.pop(0)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills["worker"] += 1

    def stop(self) -> None:
        """Kill what still runs."""
        while self.running:
            process = self.running.pop()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Background:
    """Something done again and again in a thread, whatever fails meanwhile."""

    def __init__(self, work: Callable[[], None], *, every: float) -> None:
        self._work, self._every, self._ended = work, every, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failures: Counter[str] = Counter()

    def __enter__(self) -> "Background":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(20)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - the storm; what matters is counted at its end
                self.failures[type(error).__name__] += 1
        connections.close_all()


def send_sweeps(broker_url: str) -> None:
    """Send what beat sends every few seconds."""
    from bakery.celery import app

    names = ("bakery.edge.tasks.sweep_outbox", "apps.notifications.tasks.escalate_overdue")
    with app.connection_for_write(broker_url) as broker:
        for name in names:
            app.send_task(name, connection=broker, expires=5, retry=False)


class People:
    """Who gets the texts: some press the link, some reply, some look at the board, some sleep."""

    def __init__(self, sandbox: Any, numbers: Sequence[str], *, ways: Sequence[str] = WAYS) -> None:
        self._sandbox = sandbox
        self._way = {number: ways[i % len(ways)] for i, number in enumerate(numbers)}
        self._done: set[str] = set()

    def of(self, way: str) -> list[str]:
        """Return the orders that somebody acknowledges in one way."""
        return [number for number, own in self._way.items() if own == way]

    @property
    def numbers(self) -> list[str]:
        """All their orders."""
        return list(self._way)

    @property
    def awake(self) -> list[str]:
        """The orders that somebody acknowledges by himself."""
        return [number for number, own in self._way.items() if own != "nobody"]

    def answer(self) -> None:
        """Answer the texts that came."""
        for sent in self._sandbox.twilio.messages(limit=5000):
            number = next((n for n in self._way if n in sent["body"]), None)
            if number and number not in self._done and self._take_charge(number, sent):
                self._done.add(number)

    def _take_charge(self, number: str, sent: Mapping[str, Any]) -> bool:
        way = self._way[number]
        if way == "link":
            link = _LINK.search(sent["body"])
            return link is not None and requests.post(link[0], timeout=10).status_code == 200
        if way == "reply":
            code = Alert.objects.get(key=alert_key(number)).reply_code
            self._sandbox.twilio.reply(f"OK {code}", message=sent["sid"])
        if way == "board":
            orders.acknowledge(order_number=number, actor="user:1", at=clock.now())
        return True


def age_alerts(numbers: Sequence[str], *, by: timedelta) -> None:
    """Let time pass for alerts that wait for somebody, which the next sweep then tells on."""
    keys = [alert_key(number) for number in numbers]
    waiting = Alert.objects.filter(key__in=keys, escalate_at__isnull=False)
    waiting.update(escalate_at=F("escalate_at") - by)


def count_waiting() -> int:
    """Return how much the workers have still to do."""
    return OutboxMessage.objects.waiting().filter(queue__in=_QUEUES).count()


def count(sandbox: Any, numbers: Sequence[str]) -> Figures:
    """Return what became of the orders ``numbers``."""
    alerts = Alert.objects.filter(key__in=[alert_key(number) for number in numbers])
    acknowledged = alerts.filter(state=AlertState.ACKNOWLEDGED).count()
    escalated = alerts.filter(state=AlertState.ESCALATED, escalate_at=None).count()
    copies = Counter(
        (sent["to"], sent["body"])
        for sent in sandbox.twilio.messages(limit=20_000)
        if sent["direction"] == "outbound-api"
    )
    texts = Message.objects.filter(alert__in=alerts, channel=Channel.SMS).select_related("link")
    of_each = [(copies[message.recipient, text_of(message)], message) for message in texts]
    return Figures(
        orders=len(numbers),
        lost=len(numbers) - alerts.count(),
        acknowledged=acknowledged,
        escalated=escalated,
        open=alerts.count() - acknowledged - escalated,
        texts=sum(found for found, _ in of_each),
        duplicates=sum(found - 1 for found, _ in of_each if found > 1),
        flagged=sum(found - 1 for found, m in of_each if found > 1 and m.maybe_duplicate),
        most=max((found for found, _ in of_each), default=0),
        dead=OutboxMessage.objects.filter(dead_at__isnull=False, queue__in=_QUEUES).count(),
    )


def paid_orders(numbers: Sequence[str]) -> int:
    """Return how many of the orders are paid."""
    return Order.objects.filter(number__in=numbers, paid_at__isnull=False).count()


def settle(sandbox: Any, people: People, *, aged: timedelta, within: float) -> Figures:
    """Wait for who answers, let time pass (``aged`` again and again) for who does not; count.

    Returns what became of all after at most ``within`` seconds for each of the two.
    """
    awake, asleep = len(people.awake), people.of("nobody")

    def are_answered() -> bool:
        return count(sandbox, people.numbers).acknowledged >= awake and not count_waiting()

    def are_told() -> bool:
        age_alerts(asleep, by=aged)
        return count(sandbox, people.numbers).is_settled and not count_waiting()

    wait_for(are_answered, within=within)
    wait_for(are_told, within=within)
    return count(sandbox, people.numbers)


def let_twilio_fail(twilio: TwilioHandle, *, patience: float) -> None:
    """Let a tenth of what is posted to Twilio go wrong in one way or another, and its reports too.

    ``patience``: after so many seconds the platform gives up on an answer.
    """
    ways: list[tuple[str, float, dict[str, Any]]] = [
        ("status", 0.03, {"status": 500}),
        ("status", 0.02, {"status": 429}),
        ("drop", 0.01, {}),
        ("drop_after", 0.02, {}),
        ("delay_after", 0.02, {"seconds": patience + 0.5}),
    ]
    for seed, (kind, share, given) in enumerate(ways):
        twilio.add_fault(kind, share=share, seed=seed, method="POST", times=10**6, **given)
    twilio.add_rule("duplicate", share=0.2, seed=7)
    twilio.add_rule("reorder", share=0.1, seed=8)


def wait_for(condition: Callable[[], bool], *, within: float) -> bool:
    """Poll until true; return False when it is not in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
