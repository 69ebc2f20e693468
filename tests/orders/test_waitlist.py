"""The line for full days: who may join, whose turn it is, and what becomes of an offer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Variant
from apps.inventory import services as inventory
from apps.inventory.models import Hold, Slot
from apps.inventory.states import SlotLimit
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import Order, WaitEntry, WaitTransition
from apps.orders.rules.order_data import Terms
from apps.orders.states import OrderStatus, WaitState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_cake, make_slot, place

pytestmark = pytest.mark.django_db
DAY = (AT + timedelta(days=7)).date()


@pytest.fixture
def cake():
    return make_cake(stock=50)


@pytest.fixture
def full(cake):
    """The day's one pickup time, taken by an unpaid order."""
    slot = make_slot(capacity=1)
    return slot, place([(cake, 1, "")], slot=slot)


def join(cake, email="grace@example.com", *, at=AT, quantity=1, user_id=None, **where):
    cart = fill_cart([(cake, quantity, "")], at=at)
    where = where or {"day": DAY}
    return services.join_waitlist(cart_id=cart.pk, email=email, user_id=user_id, at=at, **where)


def cancel(order, at=AT):
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=at)


def order_with(entry, slot, *, at=AT, terms=None):
    return services.place_order(
        cart_id=entry.cart_id,
        customer=CUSTOMER,
        slot_id=slot.pk,
        expected_total=None,
        at=at,
        terms=terms or Terms(offer=entry.public_id),
    )


def state_of(entry):
    return WaitEntry.objects.get(pk=entry.pk).state


def test_a_freed_place_is_held_for_who_waited_and_becomes_their_order(cake, full):
    slot, first = full
    entry = join(cake)
    cancel(first)
    assert services.offer_places(at=AT) == 1
    entry.refresh_from_db()
    assert (entry.state, entry.slot_offered) == (WaitState.OFFERED, slot.pk)
    assert entry.offer_until == AT + timedelta(hours=2)
    slot.refresh_from_db()
    assert slot.booked == 1
    order = order_with(entry, slot, at=AT + timedelta(minutes=119))
    entry.refresh_from_db()
    slot.refresh_from_db()
    assert (entry.state, entry.order_number, slot.booked) == ("accepted", order.number, 1)
    held = dict(Hold.objects.values_list("reference", "state"))
    assert held[entry.hold_reference] == "released"
    assert held[order.hold_reference] == "held"
    moves = WaitTransition.objects.filter(subject=entry).values_list("new", flat=True)
    assert list(moves) == ["offered", "accepted"]


def test_nobody_jumps_the_line_however_quick(cake, full):
    slot, first = full
    entry = join(cake)
    cancel(first)
    with pytest.raises(Conflict) as refused:
        place([(cake, 1, "")], slot=slot)
    assert (refused.value.code, refused.value.details) == ("slot_full", {"constraint": "waiting"})
    assert services.offer_places(at=AT) == 1
    with pytest.raises(Conflict) as refused:
        place([(cake, 1, "")], slot=slot)
    assert refused.value.details["constraint"] == "orders"
    assert state_of(entry) == WaitState.OFFERED


@pytest.mark.control
def test_control_without_yielding_a_stranger_takes_the_place_of_who_waits(cake, full, monkeypatch):
    slot, first = full
    entry = join(cake)
    cancel(first)
    monkeypatch.setattr("apps.orders.services.making.yield_to_line", lambda **_: None)
    place([(cake, 1, "")], slot=slot)
    assert services.offer_places(at=AT) == 0
    assert state_of(entry) == WaitState.WAITING


def test_the_line_is_first_come_first_served(cake, full):
    slot, first = full
    line = [join(cake, f"guest{number}@example.com") for number in range(3)]
    cancel(first)
    services.offer_places(at=AT)
    assert [state_of(entry) for entry in line] == ["offered", "waiting", "waiting"]
    assert selectors.waiting_view(line[2], at=AT).ahead == 1
    late = AT + timedelta(hours=2)
    assert services.sweep_waitlist(at=late) == 1
    assert [state_of(entry) for entry in line] == ["expired", "offered", "waiting"]
    slot.refresh_from_db()
    assert slot.booked == 1
    with pytest.raises(Conflict) as refused:
        order_with(line[0], slot, at=late)
    assert refused.value.code == "offer_over"
    inventory.set_slot(slot_id=slot.pk, capacity=2, actor="user:1", at=late)
    assert services.sweep_waitlist(at=late) == 1
    assert state_of(line[2]) == WaitState.OFFERED


def test_a_place_goes_to_the_first_whom_it_fits(cake):
    big = make_cake(stock=50)
    Variant.objects.filter(pk=big.pk).update(decorator_minutes=60)
    Variant.objects.filter(pk=cake.pk).update(decorator_minutes=10)
    slot = make_slot(capacity=5)
    Slot.objects.filter(pk=slot.pk).update(max_decorator_minutes=100)
    taken = [place([(big, 1, "")], slot=slot), place([(cake, 4, "")], slot=slot)]
    waits_big, waits_small = join(big, "big@example.com"), join(cake, "small@example.com")
    cancel(taken[1])
    services.offer_places(at=AT)
    assert (state_of(waits_big), state_of(waits_small)) == ("waiting", "offered")
    # What is left of it is too little for who waits, so others may have it.
    place([(cake, 1, "")], slot=slot)
    cancel(taken[0])
    services.offer_places(at=AT)
    assert state_of(waits_big) == WaitState.OFFERED


def test_an_order_bigger_than_the_offer_is_refused_and_the_offer_stands(cake, full):
    slot, first = full
    Variant.objects.filter(pk=cake.pk).update(decorator_minutes=60)
    inventory.set_slot(slot_id=slot.pk, limits={SlotLimit.DECORATOR: 60}, actor="user:1", at=AT)
    entry = join(cake)
    cancel(first)
    services.offer_places(at=AT)
    services.put_line(
        cart_id=entry.cart_id, variant_id=cake.pk, quantity=2, message="", at=AT, user_id=None
    )
    with pytest.raises(Conflict) as refused:
        order_with(entry, slot)
    assert refused.value.code == "slot_full"
    assert state_of(entry) == WaitState.OFFERED
    assert Hold.objects.get(reference=entry.hold_reference).state == "held"


def test_leaving_frees_the_place_for_the_next(cake, full):
    slot, first = full
    one, two = join(cake, "one@example.com"), join(cake, "two@example.com")
    cancel(first)
    services.offer_places(at=AT)
    services.leave_waitlist(entry_id=one.pk, actor="customer", at=AT)
    services.leave_waitlist(entry_id=one.pk, actor="customer", at=AT)
    assert services.offer_places(at=AT) == 1
    assert (state_of(one), state_of(two)) == ("left", "offered")
    services.leave_waitlist(entry_id=two.pk, actor="user:7", reason="asked by phone", at=AT)
    assert AuditEntry.objects.filter(action="waitlist.remove", actor="user:7").count() == 1
    slot.refresh_from_db()
    assert slot.booked == 0


def test_who_may_join(cake, full):
    slot, _ = full
    join(cake)
    for where, code in [
        ({"day": DAY}, "already_waiting"),
        ({"slot_id": 999_999}, "slot_unknown"),
        ({"day": DAY + timedelta(days=1)}, "closed"),
        ({"day": AT.date() - timedelta(days=1)}, "closed"),
    ]:
        with pytest.raises((Conflict, Invalid)) as refused:
            join(cake, **where)
        assert refused.value.code == code
    assert join(cake, slot_id=slot.pk).day == DAY
    open_slot = make_slot(AT + timedelta(days=8))
    with pytest.raises(Conflict) as refused:
        join(cake, "other@example.com", slot_id=open_slot.pk)
    assert refused.value.code == "not_full"
    slow = make_cake(lead_hours=24 * 30)
    with pytest.raises(Invalid) as refused:
        join(slow, "other@example.com")
    assert refused.value.code == "lead_time"
    with pytest.raises(Invalid) as refused:
        services.join_waitlist(
            cart_id=services.create_cart(at=AT).pk, email="x@example.com", user_id=None, at=AT,
            day=DAY,
        )  # fmt: skip
    assert refused.value.code == "cart_empty"
    with pytest.raises(NotFound):
        services.join_waitlist(cart_id=uuid4(), email="x@example.com", user_id=None, at=AT, day=DAY)


def test_more_than_a_pickup_time_can_ever_hold_is_not_waited_for(cake):
    Variant.objects.filter(pk=cake.pk).update(oven_minutes=60)
    slot = make_slot(capacity=5)
    Slot.objects.filter(pk=slot.pk).update(max_oven_minutes=90)
    with pytest.raises(Invalid) as refused:
        join(cake, quantity=2)
    assert refused.value.code == "never_fits"


def test_one_address_waits_for_ten_days_at_most(cake):
    for number in range(11):
        slot = make_slot(AT + timedelta(days=7 + number), capacity=1)
        place([(cake, 1, "")], slot=slot)
    for number in range(10):
        join(cake, "GRACE@example.com", day=DAY + timedelta(days=number))
    with pytest.raises(Conflict) as refused:
        join(cake, "grace@example.com", day=DAY + timedelta(days=10))
    assert refused.value.code == "too_many_waits"


def test_nobody_waits_longer_than_it_can_be_made(cake, full):
    slow = make_cake(lead_hours=48)
    entry = join(slow)
    _, first = full
    late = AT + timedelta(days=5, minutes=1)
    cancel(first, at=late)
    services.sweep_waitlist(at=late)
    assert state_of(entry) == WaitState.EXPIRED
    assert place([(cake, 1, "")], slot=full[0], at=late).status == OrderStatus.PENDING_PAYMENT
    ended = OutboxMessage.objects.get(kind="orders.wait_ended")
    assert ended.payload == {"entry_id": entry.pk, "had_offer": False}


def test_an_offer_never_outlives_the_time_to_make_it(cake, full):
    slow = make_cake(lead_hours=24 * 7 - 1)
    entry = join(slow)
    cancel(full[1])
    services.offer_places(at=AT)
    entry.refresh_from_db()
    assert entry.offer_until == AT + timedelta(hours=1)


def test_mails_say_who_waits_what_is_offered_and_what_lapsed(cake, full, drain_outbox):
    first = full[1]
    entry = join(cake)
    cancel(first)
    services.offer_places(at=AT)
    services.sweep_waitlist(at=AT + timedelta(hours=2))
    drain_outbox()
    mails = {
        row.kind: row
        for row in Message.objects.filter(recipient="grace@example.com").order_by("pk")
    }
    assert set(mails) == {"wait_joined", "wait_offer", "wait_lapsed"}
    assert mails["wait_offer"].context["path"] == f"/waitlist/{entry.public_id}/"
    assert "27 November 2026" in mails["wait_offer"].context["pickup"]
    assert mails["wait_offer"].context["until"] == "Fri 20 Nov 12:00"


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_what_an_order_gives_back_is_offered_at_once(cake, drain_outbox, how):
    now = clock.now()
    slot = make_slot(now + timedelta(days=7), capacity=1)
    order = place([(cake, 1, "")], slot=slot, at=now - timedelta(hours=1))
    entry = join(cake, slot_id=slot.pk, at=now)
    if how == "cancelled":
        cancel(order, at=now)
    else:
        assert services.expire_overdue(at=now) == 1
    drain_outbox()
    assert state_of(entry) == WaitState.OFFERED


def test_an_account_s_place_is_its_own(cake, full):
    one, two = people.customer("one@example.com"), people.customer("two@example.com")
    slot, first = full
    entry = join(cake, "one@example.com", user_id=one.pk)
    cancel(first)
    services.offer_places(at=AT)
    for user_id in (None, two.pk):
        with pytest.raises(NotFound):
            selectors.wait_entry(entry.public_id, user_id=user_id)
        assert selectors.standing_offer(entry.public_id, user_id=user_id, at=AT) is None
    with pytest.raises(NotFound):
        order_with(entry, slot)
    assert selectors.wait_entry(entry.public_id, user_id=one.pk) == entry
    services.forget_waiting(user_id=one.pk, at=AT)
    assert not WaitEntry.objects.exists()
    slot.refresh_from_db()
    assert slot.booked == 0


def test_it_is_forgotten_who_waited(cake, full):
    entry = join(cake)
    services.leave_waitlist(entry_id=entry.pk, actor="customer", at=AT)
    services.sweep_waitlist(at=AT + timedelta(days=29))
    assert WaitEntry.objects.exists()
    services.sweep_waitlist(at=AT + timedelta(days=31))
    assert not WaitEntry.objects.exists()


@pytest.mark.parametrize("waiting", [1, 12])
def test_a_checkout_asks_once_whether_somebody_waits(cake, full, waiting):
    for number in range(waiting):
        join(cake, f"guest{number}@example.com")
    free = make_slot(AT + timedelta(days=9))
    cart = fill_cart([(cake, 1, "")])
    with CaptureQueriesContext(
        connection,
    ) as seen:
        services.place_order(
            cart_id=cart.pk, customer=CUSTOMER, slot_id=free.pk, expected_total=None, at=AT
        )
    assert sum("orders_waitentry" in row["sql"] for row in seen) == 1
    assert Order.objects.count() == 2
