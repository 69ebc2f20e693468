"""Whatever is done in whatever order, stock is what a simple model says it is."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from apps.catalog.models import Variant
from apps.inventory import selectors, services
from apps.inventory.models import DatedStock, Hold, HoldTransition, Slot, Stock
from apps.inventory.services import Work, holds
from apps.inventory.states import HOLD_LIFE, HoldState
from bakery.kernel import states
from bakery.kernel.errors import Conflict
from tests.inventory.factories import LATER, bake, hold, make_slot, make_variant, plan
from tests.inventory.guards import move_blindly, read_without_lock

# Of three sizes two are stocked and one is made to order; each may have stock of the slot's day.
STOCKED, SIZES, CAPACITY, MINUTES = 2, 3, 3, 7
TUESDAY = date(2026, 6, 2)  # the day of `make_slot`


@dataclass
class ModelHold:
    """What the model knows of a hold."""

    undated: dict[int, int]
    dated: dict[int, int]
    minutes: int
    state: str = "held"


@dataclass
class Pool:
    """Pieces there, and promised of them; a pool of a day may be open or not."""

    on_hand: int = 0
    reserved: int = 0
    is_open: bool = True

    def has(self, quantity: int) -> bool:
        return self.is_open and self.on_hand - self.reserved >= quantity


@dataclass
class Model:
    """Stock, stock of one day and one slot, in plain numbers."""

    undated: dict[int, Pool]
    dated: dict[int, Pool] = field(default_factory=dict)
    booked: int = 0
    minutes: int = 0

    def fits(self, held: ModelHold) -> bool:
        has_goods = all(
            pools[pk].has(quantity)
            for pools, cart in ((self.undated, held.undated), (self.dated, held.dated))
            for pk, quantity in cart.items()
        )
        return has_goods and self.booked < CAPACITY and self.minutes + held.minutes <= MINUTES

    def move(self, held: ModelHold, *, on_hand: int = 0, reserved: int = 0, share: int = 0) -> None:
        for pools, cart in ((self.undated, held.undated), (self.dated, held.dated)):
            for pk, quantity in cart.items():
                pools[pk].on_hand += on_hand * quantity
                pools[pk].reserved += reserved * quantity
        self.booked += share
        self.minutes += share * held.minutes


class StockMachine(RuleBasedStateMachine):
    """Holds, payments, expiries, late payments, cancellations and changes by staff, compared."""

    references = Bundle("references")
    sizes: ClassVar[list[Variant]] = []
    slot: ClassVar[Slot]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.model = Model(undated={size.pk: Pool(4) for size in self.sizes[:STOCKED]})
        self.holds: dict[str, ModelHold] = {}
        # Minutes of one piece by now; staff change them, holds keep what they took.
        self.needs = [1, 0, 2]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    @rule(
        target=references,
        quantities=st.lists(st.integers(0, 3), min_size=SIZES, max_size=SIZES),
    )
    def place(self, quantities):
        cart = {
            size.pk: quantity
            for size, quantity in zip(self.sizes, quantities, strict=True)
            if quantity
        }
        minutes = sum(
            need * quantity for need, quantity in zip(self.needs, quantities, strict=True)
        )
        days = {pk for pk, pool in self.model.dated.items() if pool.is_open}
        held = ModelHold(
            undated={
                pk: n for pk, n in cart.items() if pk in self.model.undated and pk not in days
            },
            dated={pk: n for pk, n in cart.items() if pk in days},
            minutes=minutes,
        )
        reference, work = f"order-{len(self.holds)}", Work(decorator_minutes=minutes)
        if self.model.fits(held):
            hold(cart, self.slot, reference=reference, work=work)
            self.holds[reference] = held
            self.model.move(held, reserved=+1, share=+1)
            return reference
        with pytest.raises(Conflict) as refused:
            hold(cart, self.slot, reference=reference, work=work)
        assert refused.value.code in {"out_of_stock", "slot_full"}
        return "order-none"

    @rule(reference=references)
    def pay(self, reference):
        if (held := self.holds.get(reference)) is None:
            return
        if held.state != "held":
            with pytest.raises(Conflict):
                services.consume_hold(reference=reference, at=LATER)
            return
        services.consume_hold(reference=reference, at=LATER)
        held.state = "consumed"
        self.model.move(held, on_hand=-1, reserved=-1)

    @rule(reference=references)
    def expire(self, reference):
        if (held := self.holds.get(reference)) is None:
            return
        if held.state == "consumed":
            with pytest.raises(Conflict):
                services.release_hold(reference=reference, reason="expired", at=LATER)
            return
        released = services.release_hold(reference=reference, reason="expired", at=LATER)
        assert released is (held.state == "held")
        if released:
            held.state = "released"
            self.model.move(held, reserved=-1, share=-1)

    @rule(reference=references)
    def pay_late(self, reference):
        if (held := self.holds.get(reference)) is None or held.state != "released":
            return
        taken = services.retake_hold(reference=reference, at=LATER)
        assert taken is self.model.fits(held)
        if taken:
            held.state = "consumed"
            self.model.move(held, on_hand=-1, share=+1)

    @rule(reference=references)
    def cancel_paid(self, reference):
        if (held := self.holds.get(reference)) is None or held.state != "consumed":
            return
        assert services.return_hold(reference=reference, reason="cancelled", at=LATER)
        held.state = "released"
        self.model.move(held, on_hand=+1, share=-1)

    @rule(which=st.integers(0, STOCKED - 1), delta=st.integers(-5, 5).filter(bool))
    def adjust(self, which, delta):
        self._change(
            self.model.undated[self.sizes[which].pk], delta, lambda: bake(self.sizes[which], delta)
        )

    @rule(which=st.integers(0, SIZES - 1), delta=st.integers(-4, 6).filter(bool))
    def adjust_day(self, which, delta):
        size = self.sizes[which]
        pool = self.model.dated.get(size.pk) or Pool()
        if self._change(pool, delta, lambda: plan(size, TUESDAY, delta)):
            pool.is_open = True
            self.model.dated[size.pk] = pool

    @rule(which=st.integers(0, SIZES - 1))
    def end_day(self, which):
        if (pool := self.model.dated.get(self.sizes[which].pk)) is None:
            return
        services.end_dated_stock(
            variant_id=self.sizes[which].pk, day=TUESDAY, note="", actor="user:1", at=LATER
        )
        if pool.is_open:
            pool.on_hand, pool.is_open = pool.reserved, False

    @rule(which=st.integers(0, SIZES - 1), minutes=st.integers(0, 3))
    def change_minutes(self, which, minutes):
        self.needs[which] = minutes

    def _change(self, pool, delta, call) -> bool:
        if pool.on_hand + delta < pool.reserved:
            with pytest.raises(Conflict) as refused:
                call()
            assert refused.value.code == "stock_promised"
            return False
        call()
        pool.on_hand += delta
        return True

    @invariant()
    def stock_is_as_the_model_says(self):
        for pk, on_hand, reserved in Stock.objects.values_list("pk", "on_hand", "reserved"):
            pool = self.model.undated[pk]
            assert (on_hand, reserved) == (pool.on_hand, pool.reserved)
        rows = DatedStock.objects.values_list("variant_id", "on_hand", "reserved", "closed_at")
        assert {pk: (n, promised, end is None) for pk, n, promised, end in rows} == {
            pk: (pool.on_hand, pool.reserved, pool.is_open) for pk, pool in self.model.dated.items()
        }
        slot = Slot.objects.get(pk=self.slot.pk)
        assert (slot.booked, slot.decorator_booked) == (self.model.booked, self.model.minutes)
        assert selectors.ledger_differences() == []


@pytest.mark.django_db
def test_any_order_of_events_agrees_with_the_model():
    # Made once: each example starts from here and is rolled back to here.
    StockMachine.sizes = [make_variant(stock=4) for _ in range(STOCKED)]
    StockMachine.sizes.append(make_variant(made_to_order=True))
    StockMachine.slot = make_slot(capacity=CAPACITY, max_decorator_minutes=MINUTES)
    run_machine(
        StockMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- a history made by many at once --------------------------------------------------------------


def make_history(parallel, *, seed: int, threads: int = 8, steps: int = 30) -> list[str]:
    """Let threads do random things to the same few holds; return what is wrong afterwards."""
    variants = [make_variant(stock=30) for _ in range(3)]
    slot = make_slot(capacity=20, max_decorator_minutes=50)
    plan(variants[2], TUESDAY, 10)
    cart, work = {variant.pk: 2 - n % 2 for n, variant in enumerate(variants)}, Work(5, 3, 10)
    # All 50 minutes are taken, so that whoever is released may find its own taken again.
    shared = [hold(cart, slot, work=work) for _ in range(5)]
    counts: defaultdict[str, Counter] = defaultdict(Counter)

    def work(number):
        random, done = Random(seed * 100 + number), []
        for _ in range(steps):
            reference, what = random.choice(shared), random.choice(list(ACTIONS))
            try:
                if ACTIONS[what](reference) is not False:
                    done.append((reference, what))
            except Conflict:
                pass
            if random.random() < 0.2:
                plan(variants[2], TUESDAY, random.choice([1, 2]))
                done.append((bake(random.choice(variants), random.choice([1, 2])).pk, "bake"))
        return done

    wrong = []
    for result in parallel(threads, work):
        if isinstance(result, Exception):
            wrong.append(f"error: {result!r}")
            continue
        for reference, what in result:
            counts[reference][what] += 1
    return wrong + [f"ledger: {row}" for row in selectors.ledger_differences()] + _paths(counts)


ACTIONS = {
    "consume": lambda reference: services.consume_hold(reference=reference, at=LATER),
    "release": lambda reference: services.release_hold(reference=reference, reason="x", at=LATER),
    "retake": lambda reference: services.retake_hold(reference=reference, at=LATER),
    "return": lambda reference: services.return_hold(reference=reference, reason="x", at=LATER),
}


def _paths(counts) -> list[str]:
    """Check that each hold went a legal way, step by step, and as often as callers were told."""
    wrong = []
    for row in Hold.objects.all():
        state = HoldState.HELD.value
        for move in HoldTransition.objects.filter(subject=row).order_by("pk"):
            if move.old != state or not HOLD_LIFE.allows(move.old, move.new):
                wrong.append(f"path of {row.pk}: {state} then {move.old} to {move.new}")
            state = move.new
        told = sum(counts[row.reference].values())
        if (row.state, row.turn, row.history.count()) != (state, told, told):
            wrong.append(f"hold {row.pk} is {row.state} after {row.turn} turns, {told} told")
    return wrong


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_history_made_by_many_at_once_has_no_violation(parallel, seed):
    assert make_history(parallel, seed=seed) == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_locks_and_comparison_history_is_violated(parallel, monkeypatch):
    monkeypatch.setattr(holds, "lock_one", read_without_lock)
    transition = states.transition
    monkeypatch.setattr(
        states,
        "transition",
        lambda subject, **kwargs: (move_blindly if isinstance(subject, Hold) else transition)(
            subject, **kwargs
        ),
    )
    assert any(make_history(parallel, seed=seed) for seed in range(5))
