"""Orders that staff type in, and money that they take: the same gates, once, and to the cent."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.inventory.models import Slot, Stock
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import Cart, DeliveryZone, Order, Tender
from apps.orders.rules.pay_link import pay_path
from apps.orders.services import making
from apps.orders.states import Channel, OrderStatus, TenderKind
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from bakery.kernel.models import AuditEntry, IdempotencyKey, OutboxMessage
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_slot, make_variant, place

pytestmark = pytest.mark.django_db
URL = "/api/v1/staff/orders"
ACTOR = "user:7"


def wanted(goods, *, channel=Channel.COUNTER, phone="", email="", slot=None, name="", **options):
    terms = {key: options.pop(key) for key in ("hold_for", "note", "event_on") if key in options}
    return services.CounterOrder(
        goods=[
            services.WantedGood(variant_id=variant.pk, quantity=quantity, message=message)
            for variant, quantity, message in goods
        ],
        customer=services.Customer(
            name=name, email=email, phone=phone, user_id=options.pop("user_id", None)
        ),
        terms=services.Terms(channel=channel, **terms),
        slot_id=slot.pk if slot else None,
        **options,
    )


def take(goods, **options):
    return services.take_order(
        wanted=wanted(goods, **options), expected_total=None, actor=ACTOR, at=AT
    ).order


def refused(call, *arguments, **options):
    with pytest.raises(DomainError) as error, transaction.atomic():
        call(*arguments, **options)
    return error.value.code


def pay_cash(order, amount=None, *, key="k1", **options):
    return services.take_money(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=order.balance if amount is None else Decimal(amount),
        key=key,
        actor=ACTOR,
        at=AT,
        **options,
    )


def test_a_walk_in_needs_no_name_and_gets_the_next_time():
    later, soon = make_slot(AT + timedelta(hours=3)), make_slot(AT + timedelta(hours=1))
    bread = make_variant(stock=5)
    order = take([(bread, 2, ""), (bread, 1, "  ")])
    assert (order.customer_name, order.customer_email) == ("Walk-in", "")
    assert (order.channel, order.placed_by, order.slot_id) == ("counter", ACTOR, soon.pk)
    assert [line.quantity for line in order.lines.all()] == [3]
    assert Stock.objects.get(pk=bread.pk).reserved == 3
    assert Slot.objects.get(pk=later.pk).booked == 0


def test_on_the_phone_a_number_is_needed_and_goods_are_held_as_long_as_agreed(settings):
    settings.COUNTER_HOLD_HOURS = 4
    make_slot(AT + timedelta(days=1))
    cake = make_cake(stock=9)
    by_phone = {"channel": Channel.PHONE, "name": "Ada Byron"}
    assert refused(take, [(cake, 1, "")], **by_phone) == "phone_needed"
    assert refused(take, [(cake, 1, "")], phone="12", **by_phone) == "bad_phone"
    for hours in (0, -1, 5):
        held = {"phone": "416 555 0123", "hold_for": timedelta(hours=hours), **by_phone}
        assert refused(take, [(cake, 1, "")], **held) == "bad_hold", hours
    order = take([(cake, 1, "")], phone="416 555 0123", hold_for=timedelta(hours=4), **by_phone)
    assert order.customer_phone == "+14165550123"
    assert order.hold_expires_at == AT + timedelta(hours=4)
    assert services.expire_overdue(at=AT + timedelta(hours=3, minutes=59)) == 0
    assert services.expire_overdue(at=AT + timedelta(hours=4)) == 1
    assert Stock.objects.get(pk=cake.pk).reserved == 0


def test_it_passes_every_gate_of_checkout():
    full, free = make_slot(AT + timedelta(days=3), capacity=1), make_slot(AT + timedelta(days=4))
    cake = make_cake(stock=2, message=5, limit=2, lead_hours=24)
    place([(make_variant(), 1, "")], slot=full)
    cases = {
        "slot_full": ([(cake, 1, "")], full),
        "lead_time": ([(cake, 1, "")], make_slot(AT + timedelta(hours=2))),
        "slot_past": ([(cake, 1, "")], make_slot(AT - timedelta(hours=2))),
        "lines_refused": ([(cake, 1, "too long")], free),
        "cart_empty": ([], free),
    }
    for code, (goods, slot) in cases.items():
        assert refused(take, goods, slot=slot) == code
    assert refused(take, [(cake, 3, "")], slot=free) == "lines_refused"
    take([(cake, 2, "")], slot=free)
    assert refused(take, [(cake, 1, "")], slot=free) == "out_of_stock"
    assert Order.objects.filter(channel="counter").count() == 1
    assert Cart.objects.count() == 2  # what was refused left none


def test_staff_and_web_together_never_sell_more_than_there_is(transactional_db, parallel):
    cake, slot = make_cake(stock=3), make_slot()
    oversold = parallel(8, lambda number: _take_or_place(number, cake, slot))
    taken = [result for result in oversold if isinstance(result, Order)]
    codes = {result.code for result in oversold if isinstance(result, DomainError)}
    assert (len(taken), codes) == (3, {"out_of_stock"})
    assert Stock.objects.get(pk=cake.pk).reserved == 3


def _take_or_place(number, cake, slot):
    if number % 2:
        return place([(cake, 1, "")], slot=slot)
    return take([(cake, 1, "")], slot=slot)


@pytest.mark.control
def test_control_without_the_hold_staff_oversell(monkeypatch):
    monkeypatch.setattr(making, "_hold_goods", lambda *arguments, **options: None)
    cake, slot = make_cake(stock=1), make_slot()
    for _ in range(2):
        take([(cake, 1, "")], slot=slot)
    assert Order.objects.count() == 2


def test_a_preview_is_what_is_placed_and_leaves_nothing():
    cake = make_cake(price="48.00", message=10)
    slot = make_slot()
    goods = wanted([(cake, 1, "Zoë 🎂"), (make_variant(price="3.00"), 2, "")], slot=slot)
    before = OutboxMessage.objects.count()
    view = services.preview_order(wanted=goods, actor=ACTOR, at=AT)
    assert [line.message for line in view.lines] == ["Zoë 🎂", ""]
    left = (Order.objects.count(), Cart.objects.count(), Slot.objects.get(pk=slot.pk).booked)
    assert (*left, OutboxMessage.objects.count()) == (0, 0, 0, before)
    placed = services.take_order(wanted=goods, expected_total=view.order.total, actor=ACTOR, at=AT)
    assert (placed.order.total, placed.order.tax_total) == (view.order.total, view.order.tax_total)
    stale = {"wanted": goods, "expected_total": Decimal("1.00"), "actor": ACTOR, "at": AT}
    assert refused(services.take_order, **stale) == "price_changed"


def test_an_account_is_only_a_customers():
    make_slot()
    bread = make_variant(stock=50)
    ada = people.customer("ada@example.com")
    boss = people.staff("manager")
    assert take([(bread, 1, "")], user_id=ada.pk).user_id == ada.pk
    for user_id in (boss.pk, 424242):
        assert refused(take, [(bread, 1, "")], user_id=user_id) == "account_unknown"


def test_without_a_mailbox_nothing_is_mailed_and_staff_send_the_link(drain_outbox):
    make_slot()
    bread = make_variant(stock=50)
    silent = take([(bread, 1, "")])
    mailed = take([(bread, 1, "")], email="ada@example.com", phone="416 555 0123", name="Ada")
    drain_outbox()
    assert Message.objects.count() == 0, "the customer is still at the counter"
    link = {"order_id": mailed.pk, "actor": ACTOR, "at": AT}
    assert services.send_pay_link(by="mail", **link) == "ada@example.com"
    assert services.send_pay_link(by="sms", **link) == "+14165550123"
    text = Message.objects.get(channel="sms").body
    assert pay_path(mailed.public_id) in text
    assert mailed.number in text
    for by, code in [("mail", "no_mailbox"), ("sms", "no_phone"), ("dove", "bad_way")]:
        call = {"order_id": silent.pk, "by": by, "actor": ACTOR, "at": AT}
        assert refused(services.send_pay_link, **call) == code
    for _ in range(3):
        services.send_pay_link(by="sms", **link)
    assert refused(services.send_pay_link, by="sms", **link) == "link_sent_enough"
    pay_cash(silent)
    drain_outbox()
    assert Message.objects.filter(recipient="").count() == 0
    assert refused(services.send_pay_link, order_id=silent.pk, by="sms", actor=ACTOR, at=AT) == (
        "not_payable"
    )
    titles = [entry.title for entry in selectors.timeline(mailed)]
    assert titles[0] == "placed at the counter"
    assert titles.count("sms pay_link") == 4


def test_cash_makes_paid_gives_change_and_counts_once():
    make_slot()
    order = take([(make_variant(price="10.00", stock=9), 1, "")])
    total = order.total
    assert refused(pay_cash, order, received=Decimal("5.00")) == "too_little"
    assert refused(pay_cash, order, received=Decimal("NaN")) == "too_little"
    assert refused(pay_cash, order, total + 1) == "too_much"
    taken = pay_cash(order, received=Decimal("20.00"))
    assert (taken.change, taken.order.status) == (20 - total, OrderStatus.PAID)
    assert pay_cash(order, total).order.balance == 0
    assert Tender.objects.count() == 1
    assert refused(pay_cash, order, "1.00", key="k2") == "too_much"
    entry = AuditEntry.objects.get(action="order.tender")
    assert entry.actor == ACTOR


def test_a_slip_is_named_and_counts_once_a_day():
    make_slot()
    bread = make_variant(stock=50)
    first, second = take([(bread, 1, "")]), take([(bread, 1, "")])
    card = {"kind": TenderKind.TERMINAL, "key": "k", "actor": ACTOR}
    money = {"amount": first.total, **card}
    assert refused(services.take_money, order_id=first.pk, at=AT, **money) == "slip_needed"
    services.take_money(order_id=first.pk, slip=" 0042 ", at=AT, **money)
    assert Tender.objects.get().ref == "2026-11-20 0042"
    again = {"order_id": second.pk, "slip": "0042", **money}
    assert refused(services.take_money, at=AT, **again) == "ref_known"
    services.extend_hold(order_id=second.pk, until=AT + timedelta(days=2), at=AT)
    services.take_money(at=AT + timedelta(days=1), **again)
    assert Tender.objects.count() == 2


def test_what_is_paid_may_go_over_the_counter_at_once():
    make_slot(AT + timedelta(hours=1))
    bread = make_variant(stock=9)
    order = pay_cash(take([(bread, 1, "")]), is_taken_along=True).order
    assert order.status == OrderStatus.COLLECTED
    assert selectors.hand_over_of(order.pk).how == "at_once"
    assert list(order.transitions.values_list("new", flat=True)) == [
        "paid", "in_production", "ready", "collected",
    ]  # fmt: skip
    stale = pay_cash(take([(bread, 1, "")])).order
    late = AT + timedelta(minutes=31)
    made = pay_cash(take([(make_variant(made_to_order=True), 1, "")])).order
    for each, at in ((stale, late), (made, AT)):
        assert refused(services.hand_over_at_once, order_id=each.pk, actor=ACTOR, at=at) == (
            "not_at_once"
        )


def test_a_cake_that_is_gone_already_alarms_nobody(drain_outbox, settings):
    settings.ALERT_PHONES = ["+14165550199"]
    make_slot(AT + timedelta(hours=1))
    pay_cash(take([(make_cake(stock=2), 1, "")]), is_taken_along=True)
    drain_outbox()
    assert Message.objects.count() == 0
    waiting = pay_cash(take([(make_cake(stock=2), 1, "")]))
    drain_outbox()
    assert Message.objects.get().recipient == "+14165550199", waiting


def test_part_payments_are_kept_and_the_rest_makes_it_paid():
    make_slot()
    order = take([(make_cake(price="48.00"), 1, "")])
    half = pay_cash(order, "20.00", key="a").order
    assert (half.status, half.balance) == (OrderStatus.PENDING_PAYMENT, order.total - 20)
    assert refused(pay_cash, half, "1.00", key="b", is_taken_along=True) == "not_at_once"
    assert Order.objects.get(pk=order.pk).paid_total == Decimal("20.00"), "a refusal took money"
    assert pay_cash(half, key="c").order.status == OrderStatus.PAID


def test_the_drawer_adds_up_by_way_and_person_of_a_shops_day():
    make_slot()
    bread = make_variant(price="10.00", stock=90, tax_class="whole_cake")
    boss = people.staff("manager")
    for number, actor in enumerate([ACTOR, f"user:{boss.pk}", f"user:{boss.pk}"]):
        services.take_money(
            order_id=take([(bread, 1, "")]).pk,
            kind=TenderKind.CASH,
            amount=Decimal("10.00"),
            key=f"k{number}",
            actor=actor,
            at=AT,
        )
    services.take_money(
        order_id=take([(bread, 2, "")]).pk,
        kind=TenderKind.TERMINAL,
        amount=Decimal("20.00"),
        key="c",
        slip="1",
        actor=ACTOR,
        at=AT,
    )
    day = clock.shop_date(AT)
    sheet = selectors.drawer_sheet(day)
    found = [(row.kind, row.person, row.count, row.amount) for row in sheet.rows]
    assert sorted(found) == sorted(
        [
            ("cash", ACTOR, 1, Decimal("10.00")),
            ("cash", boss.full_name or boss.email, 2, Decimal("20.00")),
            ("terminal", ACTOR, 1, Decimal("20.00")),
        ]
    )
    assert (sheet.cash, sum(sheet.totals.values())) == (Decimal("30.00"), Decimal("50.00"))
    assert selectors.drawer_sheet(day + timedelta(days=1)).rows == ()


def test_earlier_customers_are_found_by_what_they_say():
    place([(make_variant(), 1, "")])
    place([(make_variant(), 1, "")])
    other = services.Customer(name="Grace Hopper", email="grace@navy.example", phone="")
    place([(make_variant(), 1, "")], customer=other)
    for text in ("0123", "(416) 555-0123", "ADA@EXAMPLE", "byr"):
        assert [known.email for known in selectors.find_customers(text)] == ["ada@example.com"]
    assert [known.name for known in selectors.find_customers("hopper")] == ["Grace Hopper"]
    for text in ("", "ad", "%%%", "nobody at all"):
        assert selectors.find_customers(text) == []


# ---- over HTTP ----


def staff_api(role="cashier"):
    return people.api(people.log_in(people.staff(role)).access)


def post(api, url, body, key="a-key", **headers):
    return api.post(url, body, format="json", headers={"Idempotency-Key": key, **headers})


def soon():
    return make_slot(clock.now() + timedelta(days=2))


def body_of(variant, **fields):
    line = {"variant_id": variant.pk, "quantity": 1, "message": ""}
    return {"channel": "counter", "goods": [line], **fields}


def test_staff_take_an_order_and_its_money_over_the_api():
    slot, bread, api = soon(), make_variant(price="10.00"), staff_api()
    body = body_of(bread, slot_id=slot.pk, customer={"name": "Ada Byron"})
    quoted = api.post(f"{URL}/quote", body, format="json").json()
    assert (quoted["total"], quoted["slot_id"]) == ("11.30", slot.pk)
    assert not {"public_id", "number", "links"} & quoted.keys()
    first, again = (post(api, URL, {**body, "expected_total": "11.30"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["number"] == again.json()["number"]
    assert Order.objects.count() == 1
    tenders = f"{URL}/{first.json()['public_id']}/tenders"
    money = {"kind": "cash", "amount": "11.30", "received": "20.00", "taken_along": True}
    paid = post(api, tenders, money, key="another")
    assert (paid.status_code, paid.json()["change"], paid.json()["balance"]) == (
        201,
        "8.70",
        "0.00",
    )
    assert paid.json()["order"]["status"] == "collected"
    assert post(api, tenders, money, key="another").json() == paid.json()
    sheet = api.get("/api/v1/staff/drawer").json()
    assert (sheet["cash"], len(sheet["rows"])) == ("11.30", 1)
    assert api.get("/api/v1/staff/drawer?day=9999-12-31").status_code == 400


def test_a_delivery_is_taken_with_its_zones_fee():
    DeliveryZone.objects.create(
        name="Old town",
        kind="postcode",
        country="CA",
        postcodes=["M5V"],
        fee=Decimal("6.00"),
        created_at=AT,
        updated_at=AT,
    )
    slot, cake, api = soon(), make_cake(price="48.00"), staff_api()
    there = {"recipient": "Ada", "line1": "1 King St", "city": "Toronto", "country": "CA"}
    body = body_of(cake, slot_id=slot.pk, fulfilment="delivery", channel="phone")
    body["customer"] = {"name": "Ada Byron", "phone": "416 555 0123"}
    far = post(api, URL, {**body, "delivery": {**there, "postcode": "V5K 0A1"}}, key="far")
    assert (far.status_code, far.json()["error"]["code"]) == (400, "delivery_not_offered")
    near = post(api, URL, {**body, "delivery": {**there, "postcode": "m5v3a8"}}, key="near")
    assert near.status_code == 201, near.json()
    order = Order.objects.get()
    assert (order.delivery_fee, order.delivery_zone) == (Decimal("6.00"), "Old town")
    assert (order.fulfilment, order.channel) == ("delivery", "phone")


def test_what_is_odd_is_refused_with_a_code_and_leaves_nothing():
    slot, bread, api = soon(), make_variant(), staff_api()
    good = body_of(bread, slot_id=slot.pk)
    for change in (
        {"channel": "web"},
        {"goods": []},
        {"goods": [{"variant_id": 2**70, "quantity": 1}]},
        {"goods": [{"variant_id": bread.pk, "quantity": "1"}]},
        {"goods": [{"variant_id": bread.pk, "quantity": 10**9}]},
        {"goods": "all"},
        {"slot_id": "first"},
        {"slot_id": 424242},
        {"hold_hours": 25},
        {"hold_hours": 24},
        {"customer": {"name": "A\u0000"}},
        {"customer": {"name": 5}},
        {"customer": {"user_id": 424242}},
        {"fulfilment": "delivery"},
        {"event_on": "soon"},
        {"codes": ["x"] * 6},
        {"expected_total": "NaN"},
        {"note": "x" * 1001},
    ):
        reply = post(api, URL, {**good, **change}, key=str(change)[:100])
        assert reply.status_code == 400, (change, reply.json())
        assert reply.json()["error"]["code"], change
    assert Order.objects.count() == 0
    assert IdempotencyKey.objects.count() == 0
    assert api.post(URL, good, format="json").json()["error"]["code"] == "idempotency_key_required"


def test_who_may_not_take_orders_does_not(monkeypatch):
    bread = make_variant()
    slot = soon()
    order = place([(bread, 1, "")], slot=slot, at=clock.now())
    api = staff_api("cashier")
    monkeypatch.setattr(
        "apps.accounts.models.User.has_perm",
        lambda self, name, obj=None: name == "orders.view_order",
    )
    assert post(api, URL, body_of(bread, slot_id=slot.pk)).status_code == 403
    money = {"kind": "cash", "amount": "1.00"}
    assert post(api, f"{URL}/{order.public_id}/tenders", money).status_code == 403
    assert Tender.objects.count() == 0


def test_searches_of_the_counter_cost_the_same_whatever_they_find():
    api = staff_api()
    soon()
    counts = []
    for number in (1, 4):
        for _ in range(number):
            make_variant(product_name="Rye bread", name=f"large {number}")
            place([(make_variant(), 1, "")])
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"{URL}/goods?q=rye").json()["results"]
            assert api.get(f"{URL}/customers?q=byron").json()["results"]
        counts.append(len(queries))
    assert counts[0] == counts[1]
    sizes = [
        size for row in api.get(f"{URL}/goods?q=rye").json()["results"] for size in row["sizes"]
    ]
    assert {"variant_id", "price", "remaining", "per_order_limit", "message_max_length"} <= sizes[
        0
    ].keys()
    times = api.post(
        f"{URL}/times",
        {"goods": [{"variant_id": sizes[0]["variant_id"], "quantity": 1}]},
        format="json",
    ).json()
    assert times["promise"]["earliest"]["id"]
    assert any(day["slots"] for day in times["days"])
