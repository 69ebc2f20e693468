"""Deposits: which orders, how much, until when, and what an order is before its rest is paid."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.inventory.models import Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.notifications.models import Alert, Message
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.deposits import DepositTerms, ask_deposit, moved_due_at, reminder_day
from apps.orders.selectors.bake_sheet import lines_to_bake
from apps.orders.services import PaymentOutcome
from apps.orders.states import OrderStatus, TenderKind
from bakery.demo.deposits import seed_deposits
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_slot, pay, place

TORONTO = ZoneInfo("America/Toronto")
RULE = DepositTerms(
    name="half",
    starts_on=date(2026, 1, 1),
    ends_on=None,
    percent=Decimal(50),
    amount=None,
    minimum_total=Decimal(150),
    minimum_lead_days=0,
    category_ids=(),
    product_ids=(),
    balance_days=2,
    kept_percent=Decimal(40),
)
WRITTEN = {
    "name": "half",
    "starts_on": date(2026, 1, 1),
    "percent": Decimal(50),
    "minimum_total": Decimal(90),
    "balance_days": 2,
    "kept_percent": Decimal(40),
}
S = OrderStatus


def but(**other):
    return DepositTerms(**{name: getattr(RULE, name) for name in RULE.__slots__} | other)


def asked(*rules, total="200.00", due=None, goods=((1, 7),), days=7, at=AT):
    found = ask_deposit(
        rules,
        total=Decimal(total),
        due=Decimal(due or total),
        goods=frozenset(goods),
        pickup_at=at + timedelta(days=days),
        at=at,
        zone=TORONTO,
        currency="CAD",
    )
    return found and str(found.amount)


@pytest.mark.parametrize(
    ("rule", "given", "amount"),
    [
        ({}, {}, "100.00"),
        ({}, {"total": "150.00"}, "75.00"),
        ({}, {"total": "149.99"}, None),
        ({}, {"total": "150.01"}, "75.01"),  # half a cent goes up
        ({}, {"due": "80.00"}, "40.00"),  # of what gift cards leave
        ({"percent": None, "amount": Decimal(30)}, {}, "30"),
        ({"percent": None, "amount": Decimal(200)}, {}, None),  # that is all of it
        ({"percent": Decimal("0.01")}, {"due": "0.01"}, None),
        ({"starts_on": date(2026, 11, 20)}, {}, "100.00"),
        ({"starts_on": date(2026, 11, 21)}, {}, None),
        ({"ends_on": date(2026, 11, 20)}, {}, "100.00"),
        ({"ends_on": date(2026, 11, 19)}, {}, None),
        ({"category_ids": (7,)}, {}, "100.00"),
        ({"product_ids": (1,)}, {}, "100.00"),
        ({"category_ids": (8,), "product_ids": (2,)}, {}, None),
        ({}, {"days": 3}, "100.00"),
        ({}, {"days": 2}, None),  # the rest would be due today
        ({"minimum_lead_days": 10}, {"days": 9}, None),
        ({"minimum_lead_days": 10}, {"days": 10}, "100.00"),
    ],
)
def test_which_orders_pay_how_much(rule, given, amount):
    assert asked(but(**rule), **given) == amount


def test_the_rule_that_asks_for_most_holds():
    fixed = but(name="fixed", percent=None, amount=Decimal(120))
    assert asked(RULE, fixed) == asked(fixed, RULE) == "120"
    assert asked(RULE, fixed, total="300.00") == "150.00"
    assert asked() is None


def test_the_rest_is_due_at_the_same_wall_time_whatever_the_clocks_do():
    # In Toronto the clocks go back on Sunday 2026-11-01.
    pickup = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # Monday 10:00
    at = datetime(2026, 10, 1, tzinfo=UTC)
    found = ask_deposit(
        [RULE], total=Decimal(200), due=Decimal(200), goods=frozenset(), pickup_at=pickup, at=at,
        zone=TORONTO, currency="CAD",
    )  # fmt: skip
    assert found.balance_due_at.astimezone(TORONTO).isoformat() == "2026-10-31T10:00:00-04:00"
    assert found.kept == Decimal("40.00")
    later = pickup + timedelta(days=7)
    moved = moved_due_at(found.balance_due_at, old_pickup=pickup, new_pickup=later, zone=TORONTO)
    assert moved.astimezone(TORONTO).isoformat() == "2026-11-07T10:00:00-05:00"


def test_reminders_go_out_at_their_time_and_the_last_missed_one_alone():
    due = AT + timedelta(days=10)
    seen = {
        hours: reminder_day(due, days=[3, 1], at=due - timedelta(hours=hours))
        for hours in (73, 72, 25, 24, 1, 0)
    }
    assert seen == {73: None, 72: 3, 25: 3, 24: 1, 1: 1, 0: None}
    assert reminder_day(due, days=[], at=due - timedelta(hours=1)) is None


db = pytest.mark.django_db


@pytest.fixture
def rule():
    return services.add_deposit_rule(values=WRITTEN, actor="user:1", at=AT)


def placed(*, days=7, price="100.00", **options) -> Order:
    slot = make_slot(AT + timedelta(days=days), capacity=100)
    return place([(make_cake(price=price, stock=3, message=20), 1, "")], slot=slot, **options)


def deposited(**options) -> Order:
    order = placed(**options)
    assert pay(order, amount=5000, ref=f"pi_{order.pk}") == PaymentOutcome.CONFIRMED
    order.refresh_from_db()
    return order


def tender(order, amount, ref="slip", at=AT):
    return services.take_tender(
        order_id=order.pk, kind=TenderKind.CASH, amount=Decimal(amount), ref=ref, actor="user:1",
        at=at,
    )  # fmt: skip


def due_tomorrow(order) -> Order:
    """The outbox carries out what is emitted by now, whenever that is."""
    order.balance_due_at = AT + timedelta(days=1)
    order.save(update_fields=["balance_due_at"])
    return order


def events(kind):
    """How often it happened, whoever hears of it."""
    rows = OutboxMessage.objects.filter(kind=kind)
    (handler,) = rows.values_list("handler", flat=True).distinct()[:1] or ("",)
    return rows.filter(handler=handler).count()


@db
def test_placing_freezes_the_deposit(rule, client):
    order = placed()
    due_at = order.pickup_starts_at - timedelta(days=2)
    assert (order.deposit_total, order.deposit_kept) == (Decimal("50.00"), Decimal("20.00"))
    assert (order.balance_due_at, order.due_now, order.balance) == (due_at, 50, 100)
    services.change_deposit_rule(
        rule_id=rule.pk, values={"percent": Decimal(10)}, actor="user:1", at=AT
    )
    order.refresh_from_db()
    assert order.deposit_total == Decimal("50.00")
    assert placed().deposit_total == Decimal("10.00")
    assert placed(days=2).deposit_total == 0
    assert placed(price="89.99").deposit_total == 0
    shown = client.get(f"/api/v1/orders/{order.public_id}").json()
    assert (shown["deposit_total"], shown["due_now"], shown["due"]) == ("50.00", "50.00", "100.00")
    assert shown["balance_due_at"] == due_at.isoformat()


@db
def test_a_deposit_takes_goods_and_time_but_not_the_kitchen(rule):
    order = deposited()
    assert (order.status, order.paid_total) == (S.DEPOSIT_PAID, Decimal("50.00"))
    assert (order.deposit_paid_at, order.paid_at) == (AT, None)
    stock = Stock.objects.get(pk=order.lines.get().variant_id)
    assert (stock.on_hand, stock.reserved) == (2, 0)
    assert Slot.objects.get(pk=order.slot_id).booked == 1
    assert (events("orders.deposit_paid"), events("orders.paid")) == (1, 0)
    assert not BoardEvent.objects.exists()
    for press in (services.start_production, services.mark_ready):
        with pytest.raises(Conflict):
            press(order_id=order.pk, actor="user:1", at=AT)
    day = clock.shop_date(order.pickup_starts_at)
    assert lines_to_bake(day, day).count() == 1
    assert services.expire_overdue(at=order.pickup_ends_at) == 0
    assert ledger_differences() == []


@db
def test_the_rest_makes_it_paid_and_tells_the_kitchen_once(rule):
    order = deposited()
    assert pay(order, amount=5000, ref=f"pi_{order.pk}") == PaymentOutcome.ALREADY_CONFIRMED
    assert pay(order, amount=5000, ref="pi_rest") == PaymentOutcome.CONFIRMED
    for ref in (f"pi_{order.pk}", "pi_rest"):
        assert pay(order, amount=5000, ref=ref) == PaymentOutcome.ALREADY_CONFIRMED
    order.refresh_from_db()
    assert (order.status, order.balance, order.paid_at) == (S.PAID, 0, AT)
    assert [row.amount for row in order.tenders.order_by("pk")] == [50, 50]
    assert [row.kind for row in BoardEvent.objects.all()] == ["new_order"]
    assert events("orders.paid") == 1
    assert pay(order, amount=5000, ref="pi_more") == PaymentOutcome.SECOND_PAYMENT


@db
def test_all_at_once_is_as_good(rule):
    order = placed()
    assert pay(order, amount=10000) == PaymentOutcome.CONFIRMED
    order.refresh_from_db()
    assert (order.status, order.deposit_paid_at) == (S.PAID, None)
    assert events("orders.deposit_paid") == 0


@db
@pytest.mark.parametrize("amount", [1, 4999, 5001, 10001])
def test_another_amount_is_set_aside_before_and_goes_back_after_a_deposit(rule, amount):
    order = placed()
    assert pay(order, amount=amount, ref="pi_odd") == PaymentOutcome.MISMATCH
    other = deposited()
    assert pay(other, amount=amount, ref="pi_odd2") == PaymentOutcome.SECOND_PAYMENT
    other.refresh_from_db()
    assert (other.status, other.paid_total) == (S.DEPOSIT_PAID, 50)


@db
def test_it_is_paid_at_the_counter_in_parts(rule):
    order = placed()
    assert tender(order, "20.00", "a").status == S.PENDING_PAYMENT
    assert Order.objects.get(pk=order.pk).due_now == 30
    assert tender(order, "35.00", "b").status == S.DEPOSIT_PAID
    assert tender(order, "15.00", "c").status == S.DEPOSIT_PAID
    assert events("orders.part_paid") == 2
    with pytest.raises(Conflict) as refused:
        tender(order, "30.01", "d")
    assert refused.value.code == "too_much"
    assert tender(order, "30.00", "d").status == S.PAID
    assert tender(order, "35.00", "b").status == S.PAID  # known already
    assert Order.objects.get(pk=order.pk).paid_total == 100
    assert ledger_differences() == []


@db
def test_a_late_deposit_takes_the_goods_again_if_they_are_free(rule):
    order = placed()
    services.expire_overdue(at=order.hold_expires_at)
    assert pay(order, amount=5000, at=order.hold_expires_at) == PaymentOutcome.CONFIRMED
    assert Order.objects.get(pk=order.pk).status == S.DEPOSIT_PAID
    assert ledger_differences() == []


@db
def test_the_rest_is_reminded_of_and_becomes_overdue(rule, drain_outbox):
    order = due_tomorrow(deposited())
    due = order.balance_due_at
    assert services.chase_balances(at=due - timedelta(days=3, minutes=1)) == 0
    for moment in (timedelta(days=3), timedelta(days=2), timedelta(days=1), timedelta(hours=1)):
        services.chase_balances(at=due - moment)
        services.chase_balances(at=due - moment)
    sent = Message.objects.filter(template="orders/mail/balance_reminder").order_by("pk")
    assert len(sent) == 2
    assert "/pay/" in sent[0].context["pay_path"]
    assert (sent[0].context["rest"], sent[0].context["deposit"]) == ("$50.00", "")
    assert services.chase_balances(at=due) == 1
    assert services.chase_balances(at=due) == 0
    drain_outbox()
    order.refresh_from_db()
    assert order.status == S.BALANCE_DUE
    alert = Alert.objects.get(key__contains=order.number)
    assert "$50.00" in alert.text
    assert "Ada" not in alert.text
    assert Message.objects.filter(template="orders/mail/balance_overdue").count() == 1
    assert services.expire_overdue(at=order.pickup_ends_at) == 0
    assert Stock.objects.get(pk=order.lines.get().variant_id).on_hand == 2
    titles = [row.title for row in selectors.timeline(order) if row.source == "message"]
    assert sum("balance" in title for title in titles) == 3
    assert pay(order, amount=5000, ref="pi_rest", at=due) == PaymentOutcome.CONFIRMED
    assert Order.objects.get(pk=order.pk).status == S.PAID


@db
def test_what_was_paid_meanwhile_is_not_overdue(rule, drain_outbox):
    order = due_tomorrow(deposited())
    pay(order, amount=5000, ref="pi_rest")
    assert not services.mark_overdue(order_id=order.pk, at=order.balance_due_at)
    late = due_tomorrow(deposited())
    services.mark_overdue(order_id=late.pk, at=late.balance_due_at)
    pay(late, amount=5000, ref="pi_rest2", at=late.balance_due_at)
    drain_outbox()
    assert not Message.objects.filter(template="orders/mail/balance_overdue").exists()
    assert not Alert.objects.filter(key__contains=late.number, text__contains="are not paid")


@db
def test_the_customer_hears_how_the_rest_is_paid(rule, drain_outbox):
    order = deposited()
    drain_outbox()
    mail = Message.objects.get(template="orders/mail/deposit_paid")
    assert mail.context["rest"] == "$50.00"
    assert mail.context["pay_path"].startswith("/pay/")
    services.send_pay_link(order_id=order.pk, by="mail", actor="user:1", at=AT)
    assert Message.objects.filter(template="orders/mail/balance_to_pay").count() == 1


@db
def test_who_cancels_when(rule):
    early, late = deposited(), deposited()
    call = {"actor": "customer", "reason": "by the customer"}
    services.cancel_order(order_id=early.pk, at=early.balance_due_at - timedelta(hours=1), **call)
    early.refresh_from_db()
    assert (early.status, early.refunded_total) == (S.CANCELLED, 50)
    assert Stock.objects.get(pk=early.lines.get().variant_id).on_hand == 3
    with pytest.raises(Conflict):
        services.cancel_order(order_id=late.pk, at=late.balance_due_at, **call)
    assert selectors.deposit_to_keep(late, at=late.balance_due_at - timedelta(seconds=1)) == 0
    assert selectors.deposit_to_keep(late, at=late.balance_due_at) == Decimal("20.00")
    services.mark_overdue(order_id=late.pk, at=late.balance_due_at)
    services.cancel_order(order_id=late.pk, actor="user:1", reason="no", at=late.balance_due_at)
    assert pay(late, amount=5000, ref="pi_late") == PaymentOutcome.SECOND_PAYMENT
    assert Order.objects.get(pk=late.pk).status == S.CANCELLED
    assert ledger_differences() == []


def edit(order, *, quantity=None, slot=None, at=AT):
    line = services.LineWish(position=1, quantity=quantity, message="") if quantity else None
    wish = services.EditWish(
        revision=Order.objects.get(pk=order.pk).revision,
        lines=(line,) if line else None,
        slot_id=slot.pk if slot else None,
    )
    services.edit_order(order_id=order.pk, wish=wish, actor="user:1", reason="asked", at=at)
    order.refresh_from_db()
    return order


@db
def test_changes_move_the_rest_and_its_day(rule):
    order = deposited()
    assert edit(order, quantity=2).balance == 150
    assert (order.status, order.deposit_total) == (S.DEPOSIT_PAID, 50)
    due = order.balance_due_at
    services.mark_overdue(order_id=order.pk, at=due)
    later = make_slot(order.pickup_starts_at + timedelta(days=7))
    edit(order, slot=later, at=due)
    assert (order.status, order.balance_due_at) == (S.DEPOSIT_PAID, due + timedelta(days=7))
    assert pay(order, amount=15000, ref="pi_rest") == PaymentOutcome.CONFIRMED
    assert ledger_differences() == []


@db
def test_a_change_that_leaves_nothing_to_pay_makes_it_paid(rule):
    slot = make_slot()
    cake = make_cake(price="50.00", stock=5, message=20)
    order = place([(cake, 2, "")], slot=slot)
    pay(order, amount=5000)
    edit(order, quantity=1)
    assert (order.status, order.balance) == (S.PAID, 0)
    assert events("orders.paid") == 1


@db
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "bad_name"),
        ({"name": "a\x00"}, "bad_name"),
        ({"percent": None}, "bad_size"),
        ({"amount": Decimal(5)}, "bad_size"),
        ({"percent": Decimal(0)}, "bad_percent"),
        ({"percent": Decimal(100)}, "bad_percent"),
        ({"percent": Decimal("NaN")}, "bad_percent"),
        ({"percent": Decimal("0.001")}, "bad_percent"),
        ({"percent": None, "amount": Decimal(0)}, "bad_amount"),
        ({"percent": None, "amount": Decimal("Infinity")}, "bad_amount"),
        ({"minimum_total": Decimal(-1)}, "bad_amount"),
        ({"ends_on": date(2025, 12, 31)}, "bad_day"),
        ({"starts_on": date(1, 1, 1)}, "bad_day"),
        ({"balance_days": -1}, "bad_days"),
        ({"balance_days": True}, "bad_days"),
        ({"minimum_lead_days": 10**9}, "bad_days"),
        ({"kept_percent": Decimal(101)}, "bad_percent"),
        ({"product_ids": [10**30]}, "bad_scope"),
        ({"category_ids": [424242]}, "bad_scope"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(values, code):
    with pytest.raises(Invalid) as refused:
        services.add_deposit_rule(values=WRITTEN | values, actor="user:1", at=AT)
    assert (refused.value.code, "field" in refused.value.details) == (code, True)


@db
def test_staff_write_rules_over_the_api_and_in_the_console():
    boss = people.staff("manager")
    same = {"values": WRITTEN, "actor": f"user:{boss.pk}", "at": AT}
    made = services.add_deposit_rule(**same)
    with pytest.raises(DomainError) as refused:
        services.add_deposit_rule(**same | {"values": WRITTEN | {"name": "HALF"}})
    assert refused.value.code == "deposit_rule_exists"
    services.change_deposit_rule(
        rule_id=made.pk, values={"ends_on": date(2026, 12, 31)}, actor=f"user:{boss.pk}", at=AT
    )
    actions = AuditEntry.objects.filter(object_type="orders.depositrule").order_by("seq")
    assert [row.action for row in actions] == ["deposit_rule.add", "deposit_rule.change"]
    assert actions.last().changes == {"ends_on": [None, "2026-12-31"]}
    staff = people.api(people.log_in(boss).access)
    body = {"name": "cakes", "starts_on": "2026-11-01", "amount": "40.00", "balance_days": 3}
    path = "/api/v1/staff/deposit-rules"
    written = staff.post(path, body, format="json")
    assert (written.status_code, written.json()["kept_percent"]) == (201, "100.00")
    odd = {"balance_days": True}, {"percent": "5"}, {"name": "\x00"}, {"product_ids": [True]}
    for wrong in odd:
        assert (
            staff.post(path, {**body, "name": "other", **wrong}, format="json").status_code == 400
        )
    assert staff.post(path, body, format="json").status_code == 409
    one = f"{path}/{written.json()['id']}"
    assert staff.patch(one, {"amount": "30.00"}, format="json").json()["amount"] == "30.00"
    assert staff.patch(f"{path}/{10**30}", {}, format="json").status_code == 404
    assert [row["name"] for row in staff.get(path).json()] == ["cakes", "half"]
    console = people.browser(boss, verified=True)
    page = "/console/orders/depositrule/"
    form = {"name": "half", "starts_on": "2026-11-01", "percent": "50", "minimum_total": "150"}
    form |= {"minimum_lead_days": "0", "balance_days": "3", "kept_percent": "100"}
    refusal = console.post(f"{page}add/", form)
    assert "There is a rule of this name already" in refusal.content.decode()
    assert console.post(f"{page}add/", {**form, "name": "new"}).status_code == 302
    assert "50 %" in console.get(page).content.decode()


@db
def test_placing_asks_for_the_rules_once_in_a_while(django_assert_num_queries):
    selectors.deposit_rules(at=AT)
    with django_assert_num_queries(0):
        assert selectors.deposit_rules(at=AT) == []
    services.add_deposit_rule(values=WRITTEN, actor="user:1", at=AT)
    assert [row.name for row in selectors.deposit_rules(at=AT)] == ["half"]


@db
def test_the_demo_writes_its_rule_once():
    assert seed_deposits(at=AT)
    assert not seed_deposits(at=AT)
    assert placed(price="160.00").deposit_total == Decimal("80.00")
    assert placed(price="140.00").deposit_total == 0
