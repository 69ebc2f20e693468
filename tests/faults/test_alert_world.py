"""Whatever customers, staff, Twilio and time do in whatever order, no paid cake goes untold.

Random histories against a Twilio of a few lines in this process: what happens to one text over
HTTP is shown elsewhere. At the end of each, every cake that was paid and not called off was
acknowledged, or told at every level.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from apps.catalog.models import Variant
from apps.inventory.models import Slot
from apps.notifications import services as notifications
from apps.notifications.adapters import mail, sms, voice
from apps.notifications.adapters.outcome import DeliveryFailure, Receipt
from apps.notifications.models import Alert, AlertContact, AlertLink, Message
from apps.notifications.rules import Verdict
from apps.notifications.rules.escalation import ladder_of
from apps.notifications.services import links, withholding
from apps.notifications.states import AlertKind, AlertState, Channel, MessageState
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import OPEN_STATUSES
from bakery.kernel import clock, outbox
from bakery.kernel.errors import DomainError
from bakery.kernel.models import OutboxMessage
from tests.orders.factories import AT, make_cake, make_slot, place_paid
from tests.orders.test_editing import add, edit, keep

PHONES = ["+14165550101", "+14165550102", "+14165550103"]
LAST = len(ladder_of(AlertKind.CAKE, AT.date()).steps)
MOODS = ("works", "down", "left_alone", "lost_answer", "lost_text", "refuses", "dies")
# Of these only one text is told so; then it works again, so that processes do not die for ever.
ONCE = frozenset({"lost_answer", "lost_text", "dies"})


class Died(BaseException):
    """The process ended in the middle of it."""


@dataclass
class Twilio:
    """Takes texts as its mood is; ``taken`` is what it has, by its own id."""

    mood: str = "works"
    taken: dict[str, tuple[str, str, Message]] = field(default_factory=dict)
    after_end: list[str] = field(default_factory=list)

    def take(self, message: Message, body: str) -> Receipt:
        mood = self.mood
        if mood in ONCE:
            self.mood = "works"
        if mood == "left_alone":
            raise DeliveryFailure(
                "breaker_open", Verdict.TRANSIENT, was_tried=False, retry_after=20
            )
        if mood == "down":
            raise DeliveryFailure("no_connection", Verdict.TRANSIENT)
        if mood == "refuses":
            raise DeliveryFailure("21610", Verdict.PERMANENT)
        if mood == "lost_text":
            raise DeliveryFailure("no_answer", Verdict.TRANSIENT, ambiguous=True)
        sid = f"SM{len(self.taken)}"
        self.taken[sid] = (message.recipient, body, message)
        if message.alert_id and Alert.objects.get(pk=message.alert_id).acknowledged_at:
            self.after_end.append(sid)
        if mood == "lost_answer":
            raise DeliveryFailure("no_answer", Verdict.TRANSIENT, ambiguous=True)
        if mood == "dies":
            raise Died
        return Receipt(provider_sid=sid, state=MessageState.SENDING)

    def send(self, *, to, body, reference):
        del to
        return self.take(Message.objects.get(reference=reference), body)

    def call(self, *, to, reference):
        del to
        return self.take(Message.objects.get(reference=reference), str(reference))

    def find(self, *, to, body, since):
        del since
        if self.mood in {"down", "left_alone"}:
            raise DeliveryFailure("no_connection", Verdict.TRANSIENT)
        return [
            Receipt(provider_sid=sid, state=MessageState.SENT)
            for sid, (number, text, _) in self.taken.items()
            if (number, text) == (to, body)
        ]


class World(RuleBasedStateMachine):
    """Cakes are paid, changed and called off; people answer or do not; Twilio has its moods."""

    cake: ClassVar[Variant]
    slot: ClassVar[Slot]
    now: ClassVar[datetime]
    twilio: ClassVar[Twilio]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        World.now, World.twilio = AT, Twilio()
        self.orders: list[Order] = []

    def teardown(self) -> None:
        try:
            if not transaction.get_rollback():  # a step that failed is told by itself
                self.settle()
                self.check()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    def work(self) -> None:
        """Carry out what is due; a process that dies is followed by another one."""
        for _ in range(3):
            try:
                while outbox.drain(outbox.CRITICAL) + outbox.drain(outbox.DEFAULT):
                    pass
            except Died:
                continue
            else:
                return

    @rule()
    @precondition(lambda self: len(self.orders) < 3)
    def pay_cake(self):
        number = len(self.orders)
        order = place_paid(
            [(self.cake, 1, "Ada")], slot=self.slot, at=World.now, ref=f"pi_{number}"
        )
        self.orders.append(order)

    @rule(seconds=st.sampled_from([3, 31, 80, 310, 700]))
    def pass_time(self, seconds):
        World.now += timedelta(seconds=seconds)
        notifications.escalate_overdue(at=World.now)
        self.work()

    @rule(mood=st.sampled_from(MOODS))
    def change_mood(self, mood):
        World.twilio.mood = mood
        self.work()

    @rule(place=st.integers(0, 2), change=st.booleans())
    @precondition(lambda self: self.orders)
    def change_or_cancel(self, place, change):
        order = self.orders[place % len(self.orders)]
        try:
            if change:
                edit(order, keep(1, 1), add(self.cake, 1, "Zoe"), at=World.now)
            else:
                orders.cancel_order(
                    order_id=order.pk, actor="user:1", reason="asked for", at=World.now
                )
        except DomainError:
            return

    @rule(phones=st.lists(st.sampled_from(PHONES), max_size=3, unique=True))
    def change_roster(self, phones):
        AlertContact.objects.all().delete()
        rows = [AlertContact(name=p[-1], phone=p, position=n) for n, p in enumerate(phones)]
        AlertContact.objects.bulk_create(rows)

    @rule(
        place=st.integers(0, 9),
        told=st.sampled_from(
            [("sent", ""), ("delivered", ""), ("undelivered", "30003"), ("undelivered", "30005")]
        ),
    )
    def report(self, place, told):
        """Report on any text that was taken: late, twice, in any order."""
        texts = [
            (sid, row) for sid, (_, _, row) in World.twilio.taken.items() if row.channel == "sms"
        ]
        if texts:
            sid, row = texts[place % len(texts)]
            status, code = told
            notifications.record_receipt(
                reference=row.reference,
                provider_sid=sid,
                status=status,
                error_code=code,
                at=World.now,
            )

    @rule(status=st.sampled_from(["completed", "no-answer", "failed"]))
    def hang_up(self, status):
        for sid, (_, _, row) in list(World.twilio.taken.items()):
            if row.channel == Channel.VOICE:
                notifications.record_call(
                    reference=row.reference,
                    provider_sid=sid,
                    status=status,
                    answered_by="",
                    at=World.now,
                )

    @rule(place=st.integers(0, 5), way=st.sampled_from(["board", "link", "reply", "call"]))
    def take_charge(self, place, way):
        alerts = list(Alert.objects.unacknowledged().order_by("pk"))
        if alerts:
            getattr(self, f"_by_{way}")(alerts[place % len(alerts)])

    def _by_board(self, alert):
        number = alert.key.removeprefix("cake-order:").partition("/")[0]
        orders.acknowledge(order_number=number, actor="board:1", at=World.now)

    def _by_link(self, alert):
        link = AlertLink.objects.filter(alert=alert).first()
        if link is not None:
            notifications.acknowledge_by_link(token=links._token(link), at=World.now)

    def _by_reply(self, alert):
        sid = f"IN{World.now.timestamp()}{alert.pk}"
        body = f"ok {alert.reply_code}"
        notifications.take_text(sid=sid, sender=PHONES[0], body=body, at=World.now)

    def _by_call(self, alert):
        ring = Message.objects.filter(alert=alert, channel=Channel.VOICE).first()
        if ring is not None:
            notifications.take_digits(
                reference=ring.reference, digits="1", round_number=1, at=World.now
            )

    def settle(self) -> None:
        """Let an hour and a half pass in which nobody does anything, Twilio as it is."""
        for _ in range(9):
            self.pass_time(601)

    def check(self) -> None:
        assert World.twilio.after_end == []  # no text once somebody had taken charge
        for order in Order.objects.filter(status__in=OPEN_STATUSES, acknowledged_at=None):
            assert Alert.objects.filter(key=f"cake-order:{order.number}").exists()
        for alert in Alert.objects.filter(kind=AlertKind.CAKE):
            if alert.state != AlertState.ACKNOWLEDGED:
                assert (alert.state, alert.level, alert.escalate_at) == ("escalated", LAST, None)
                assert not Order.objects.filter(
                    number=alert.key.removeprefix("cake-order:"), status="cancelled"
                ).exists()
        self._check_texts()

    def _check_texts(self) -> None:
        waiting = OutboxMessage.objects.filter(done_at=None, dead_at=None)
        announced = {row.payload.get("message_id") for row in waiting}
        stuck = Message.objects.filter(state__in=["queued", "sending"], provider_sid="")
        assert {row.pk for row in stuck} <= announced  # nothing waits that nobody will send
        assert not OutboxMessage.objects.filter(dead_at__isnull=False).exists()
        copies: dict[int, int] = {}
        for _, _, row in World.twilio.taken.values():
            copies[row.pk] = copies.get(row.pk, 0) + 1
        known = Message.objects.in_bulk(copies)
        assert all(
            count == 1 or known[pk].maybe_duplicate or known[pk].resends
            for pk, count in copies.items()
        )
        keys = [
            (row.alert_id, row.dedupe_key.split(":")[2], row.recipient, row.channel)
            for row in Message.objects.filter(alert__isnull=False)
        ]
        assert len(keys) == len(set(keys))


def prepare(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: World.now)
    for module, name in ((sms, "send"), (sms, "find"), (voice, "call")):
        monkeypatch.setattr(
            module, name, lambda _name=name, **given: getattr(World.twilio, _name)(**given)
        )
    monkeypatch.setattr(
        mail, "send", lambda **_: Receipt(provider_sid="m", state=MessageState.SENT)
    )
    World.cake, World.slot = make_cake(stock=50, message=40), make_slot(capacity=50)


@pytest.fixture(autouse=True)
def _shop(settings):
    settings.ALERT_PHONES = PHONES[:2]
    settings.ALERT_EMAILS = ["manager@bakery.example"]


@pytest.mark.django_db
def test_no_history_leaves_a_paid_cake_untold(monkeypatch):
    prepare(monkeypatch)
    run_machine(
        World,
        settings=settings(
            max_examples=5,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.control
@pytest.mark.django_db
def test_control_without_the_last_look_a_text_goes_out_after_somebody_took_charge(monkeypatch):
    monkeypatch.setattr(withholding, "_is_taken", lambda _: False)

    prepare(monkeypatch)
    world = World()
    world.pay_cake()
    world.change_mood("left_alone")
    world.take_charge(0, "board")
    World.twilio.mood = "works"
    world.pass_time(31)
    assert World.twilio.after_end
    with pytest.raises(AssertionError):
        world.teardown()
