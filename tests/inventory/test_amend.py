"""Holds that change: what is added and left out, and another pickup time."""

import threading
from datetime import date

import pytest
from django.db import OperationalError, transaction

from apps.inventory import selectors, services
from apps.inventory.models import DatedStock, Hold, Slot, Stock
from apps.inventory.services import HoldChange, Work, hold_changes, hold_pools
from apps.inventory.states import DatedReason
from bakery.kernel.errors import Conflict, DomainError
from tests.inventory.factories import AT, LATER, NO_WORK, hold, make_slot, make_variant, plan
from tests.inventory.guards import Meeting, attempt, outcomes, read_without_lock

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 6, 2)  # the day of `make_slot`


def amend(reference, before, quantities, slot, *, more=NO_WORK, less=NO_WORK, made=False, mto=()):
    """Change a hold as an order's edit does."""
    change = HoldChange(
        before=before, quantities=quantities, more=more, less=less, slot_id=slot.pk, made=made
    )
    known = {pk: pk in mto for pk in before.keys() | quantities.keys()}
    with transaction.atomic():
        return services.amend_hold(
            reference=reference, change=change, made_to_order=known, at=LATER
        )


def stock_of(variant):
    row = Stock.objects.get(pk=variant.pk)
    return row.on_hand, row.reserved


@pytest.mark.parametrize(("paid", "before", "after"), [
    (False, (10, 4), (10, 1)),
    (True, (6, 0), (9, 0)),
])  # fmt: skip
def test_differences_are_taken_and_given_back_as_the_hold_is(paid, before, after):
    loaf, bun, slot = make_variant(stock=10), make_variant(stock=5), make_slot()
    reference = hold({loaf.pk: 4}, slot)
    if paid:
        services.consume_hold(reference=reference, at=LATER)
    assert stock_of(loaf) == before
    amend(reference, {loaf.pk: 4}, {loaf.pk: 1, bun.pk: 5}, slot)
    assert stock_of(loaf) == after
    assert stock_of(bun) == ((0, 0) if paid else (5, 5))
    assert selectors.ledger_differences() == []
    end = services.return_hold if paid else services.release_hold
    assert end(reference=reference, reason="over", at=LATER)
    assert (stock_of(loaf), stock_of(bun)) == ((10, 0), (5, 0))
    assert Slot.objects.get(pk=slot.pk).booked == 0
    assert selectors.ledger_differences() == []


def test_what_is_not_there_is_refused_and_nothing_changes():
    loaf, bun, slot = make_variant(stock=3), make_variant(stock=5), make_slot()
    reference = hold({loaf.pk: 2, bun.pk: 1}, slot)
    with pytest.raises(Conflict) as refused:
        amend(reference, {loaf.pk: 2, bun.pk: 1}, {loaf.pk: 4}, slot)
    assert refused.value.code == "out_of_stock"
    assert [line["variant_id"] for line in refused.value.details["lines"]] == [loaf.pk]
    assert (stock_of(loaf), stock_of(bun)) == ((3, 2), (5, 1))
    services.mark_sold_out(variant_ids=[bun.pk], sold_out=True, actor="user:1", at=LATER)
    with pytest.raises(Conflict):
        amend(reference, {loaf.pk: 2, bun.pk: 1}, {loaf.pk: 2, bun.pk: 2}, slot)
    amend(reference, {loaf.pk: 2, bun.pk: 1}, {loaf.pk: 3, bun.pk: 1}, slot)
    assert selectors.ledger_differences() == []


def test_made_to_order_goods_marked_as_sold_out_take_no_more_but_keep_what_they_had():
    cake, slot = make_variant(made_to_order=True), make_slot()
    reference = hold({cake.pk: 2}, slot)
    services.mark_sold_out(variant_ids=[cake.pk], sold_out=True, actor="user:1", at=LATER)
    with pytest.raises(Conflict) as refused:
        amend(reference, {cake.pk: 2}, {cake.pk: 3}, slot, mto={cake.pk})
    assert refused.value.code == "out_of_stock"
    amend(reference, {cake.pk: 2}, {cake.pk: 1}, slot, mto={cake.pk})


def test_a_larger_share_needs_room_and_a_smaller_one_never():
    cake, slot = make_variant(made_to_order=True), make_slot(max_decorator_minutes=100)
    reference = hold({cake.pk: 1}, slot, work=Work(decorator_minutes=60))
    hold({cake.pk: 1}, slot, work=Work(decorator_minutes=30))
    with pytest.raises(Conflict) as refused:
        amend(
            reference, {cake.pk: 1}, {cake.pk: 2}, slot,
            more=Work(decorator_minutes=20), mto={cake.pk},
        )  # fmt: skip
    assert refused.value.details == {
        "constraint": "decorator_minutes", "needed": 20, "remaining": 10, "limit": 100,
    }  # fmt: skip
    amend(reference, {cake.pk: 1}, {cake.pk: 1}, slot, more=Work(3, 5, 10), mto={cake.pk})
    Slot.objects.filter(pk=slot.pk).update(closed=True)
    amend(reference, {cake.pk: 1}, {cake.pk: 1}, slot, less=Work(1, 2, 40), mto={cake.pk})
    with pytest.raises(Conflict) as refused:
        amend(reference, {cake.pk: 1}, {cake.pk: 2}, slot, more=Work(1), mto={cake.pk})
    assert refused.value.code == "slot_closed"
    row = Slot.objects.get(pk=slot.pk)
    assert (row.booked, row.pieces_booked, row.oven_booked, row.decorator_booked) == (2, 2, 3, 60)
    assert selectors.ledger_differences() == []


def test_another_pickup_time_takes_its_place_and_the_stock_of_its_day():
    doughnut, loaf = make_variant(stock=50), make_variant(stock=5)
    old, new = make_slot(hours=24), make_slot(hours=48, capacity=1)
    plan(doughnut, TUESDAY, 5)
    plan(loaf, date(2026, 6, 3), 2)
    reference = hold({doughnut.pk: 3, loaf.pk: 2}, old, work=Work(5, 1, 2))
    same = {doughnut.pk: 3, loaf.pk: 2}
    amend(reference, same, same, new)
    assert DatedStock.objects.get(variant=doughnut).reserved == 0
    assert (stock_of(doughnut), stock_of(loaf)) == ((50, 3), (5, 0))
    assert DatedStock.objects.get(variant=loaf).reserved == 2
    assert [Slot.objects.get(pk=slot.pk).booked for slot in (old, new)] == [0, 1]
    assert Slot.objects.get(pk=new.pk).pieces_booked == 5
    other = hold({doughnut.pk: 1}, old)
    with pytest.raises(Conflict) as refused:
        amend(other, {doughnut.pk: 1}, {doughnut.pk: 1}, new)
    assert refused.value.code == "slot_full"
    assert selectors.ledger_differences() == []


def test_pieces_that_stay_are_of_the_stock_they_were_of():
    loaf, slot = make_variant(stock=5), make_slot()
    reference = hold({loaf.pk: 3}, slot)
    plan(loaf, TUESDAY, 1)
    amend(reference, {loaf.pk: 3}, {loaf.pk: 2}, slot)
    assert (stock_of(loaf), DatedStock.objects.get().reserved) == ((5, 2), 0)
    with pytest.raises(Conflict) as refused:
        amend(reference, {loaf.pk: 2}, {loaf.pk: 3}, slot)
    assert refused.value.details["lines"][0]["code"] == "sold_out_on_day"
    services.adjust_dated_stock(
        changes={(loaf.pk, TUESDAY): 2}, reason=DatedReason.PLANNED, note="", actor="user:1", at=AT
    )
    amend(reference, {loaf.pk: 2}, {loaf.pk: 3}, slot)
    assert (stock_of(loaf), DatedStock.objects.get().reserved) == ((5, 0), 3)
    assert selectors.ledger_differences() == []


def test_what_the_kitchen_has_made_does_not_return_to_the_shelf():
    loaf, bun, slot = make_variant(stock=10), make_variant(stock=10), make_slot()
    reference = hold({loaf.pk: 4, bun.pk: 2}, slot)
    services.consume_hold(reference=reference, at=LATER)
    amend(reference, {loaf.pk: 4, bun.pk: 2}, {loaf.pk: 1}, slot, made=True)
    assert (stock_of(loaf), stock_of(bun)) == ((6, 0), (8, 0))
    amend(reference, {loaf.pk: 1}, {loaf.pk: 6}, slot, made=True)
    assert stock_of(loaf) == (4, 0)
    assert selectors.ledger_differences() == []


def test_a_hold_that_was_released_takes_no_change():
    loaf, slot = make_variant(stock=3), make_slot()
    reference = hold({loaf.pk: 1}, slot)
    services.release_hold(reference=reference, reason="", at=LATER)
    with pytest.raises(Conflict) as refused:
        amend(reference, {loaf.pk: 1}, {loaf.pk: 2}, slot)
    assert refused.value.code == "hold_not_held"
    with pytest.raises(DomainError) as unknown:
        amend(hold({loaf.pk: 1}, slot), {loaf.pk: 1}, {loaf.pk: 1}, Slot(pk=10**9))
    assert unknown.value.code == "slot_unknown"


# --- many at once --------------------------------------------------------------------------------


def grow_all(parallel, loaf, slot, references):
    def grow(number):
        return attempt(lambda: amend(references[number], {loaf.pk: 1}, {loaf.pk: 3}, slot))

    return outcomes(parallel(len(references), grow))


@pytest.mark.django_db(transaction=True)
def test_the_last_pieces_go_to_one_of_many_changes(parallel):
    loaf, slot = make_variant(stock=8), make_slot()
    references = [hold({loaf.pk: 1}, slot) for _ in range(6)]
    assert grow_all(parallel, loaf, slot, references) == {"ok": 1, "out_of_stock": 5}
    assert stock_of(loaf) == (8, 8)
    assert selectors.ledger_differences() == []


def change_twice(parallel, loaf, slot):
    reference = hold({loaf.pk: 1}, slot)

    def change(number):
        return attempt(lambda: amend(reference, {loaf.pk: 1}, {loaf.pk: 2 + number}, slot))

    parallel(2, change)
    return Hold.objects.get(reference=reference)


@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_hold_follow_each_other(parallel):
    loaf, slot = make_variant(stock=10), make_slot()
    assert change_twice(parallel, loaf, slot).turn == 2
    assert selectors.ledger_differences() == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_of_the_hold_its_changes_do_not_add_up(parallel, monkeypatch):
    meeting = Meeting(seconds=2)

    def read_and_meet(queryset, *, what):
        row = read_without_lock(queryset, what=what)
        row.reservations.count()
        return row

    goods_of = hold_changes.goods_of

    def look_and_meet(row):
        goods = goods_of(row)
        meeting.wait()
        return goods

    monkeypatch.setattr(hold_changes, "lock_one", read_and_meet)
    monkeypatch.setattr(hold_changes, "goods_of", look_and_meet)
    loaf, slot = make_variant(stock=10), make_slot()
    row = change_twice(parallel, loaf, slot)
    assert row.turn == 1 or selectors.ledger_differences() != []


def swap_crosswise(parallel):
    """Let two holds change places in two slots, and each take what the other gives."""
    first, second = make_variant(stock=10), make_variant(stock=10)
    slots = make_slot(hours=24), make_slot(hours=48)
    goods = {first.pk: 1, second.pk: 1}
    references = [hold(goods, slot) for slot in slots]

    def swap(number):
        return attempt(
            lambda: amend(
                references[number],
                goods,
                {first.pk: 1 + number, second.pk: 2 - number},
                slots[1 - number],
            )
        )

    return outcomes(parallel(2, swap))


def meet_between_slots(monkeypatch):
    meeting, done = Meeting(seconds=1), threading.local()

    def pausing(step):
        def call(*arguments, **options):
            step(*arguments, **options)
            if not getattr(done, "first", False):
                done.first = True
                meeting.wait()

        return call

    for name in ("take_place", "give_place_back"):
        monkeypatch.setattr(hold_changes, name, pausing(getattr(hold_changes, name)))


@pytest.mark.django_db(transaction=True)
def test_holds_that_swap_their_slots_do_not_deadlock(parallel, monkeypatch):
    meet_between_slots(monkeypatch)
    assert swap_crosswise(parallel) == {"ok": 2}
    assert selectors.ledger_differences() == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_order_of_slots_holds_that_swap_deadlock(parallel, monkeypatch):
    meet_between_slots(monkeypatch)
    # The new slot first, whichever it is.
    monkeypatch.setattr(hold_changes, "in_lock_order", lambda new, old: [new, old])
    results = swap_crosswise(parallel)
    assert results == {"ok": 1, OperationalError.__name__: 1}


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_condition_every_change_gets_the_last_pieces(parallel, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(hold_pools, "free", hold_pools.always)
        lax = hold_pools.Effect(hold_pools.HOLD.reason, 0, 0, hold_pools.always, takes=True)
        patch.setattr(hold_changes, "_EFFECTS", {"held": (lax, lax)})
        patch.setattr(hold_pools, "_write_ledgers", lambda *args, **kwargs: None)
        loaf, slot = make_variant(stock=8), make_slot()
        references = [hold({loaf.pk: 1}, slot) for _ in range(6)]
        assert grow_all(parallel, loaf, slot, references) == {"ok": 6}
    assert selectors.ledger_differences() != []
