"""Whatever is done in whatever order, stock is what a simple model says it is."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
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
from apps.inventory.models import Hold, HoldTransition, Slot, Stock
from apps.inventory.services import holds
from apps.inventory.states import HOLD_LIFE, HoldState
from bakery.kernel import states
from bakery.kernel.errors import Conflict
from tests.inventory.factories import LATER, bake, hold, make_slot, make_variant
from tests.inventory.guards import move_blindly, read_without_lock

VARIANTS, CAPACITY = 2, 3


@dataclass
class ModelHold:
    """What the model knows of a hold."""

    cart: dict[int, int]
    state: str = "held"


@dataclass
class Model:
    """Stock and one slot, in plain numbers."""

    on_hand: Counter = field(default_factory=Counter)
    reserved: Counter = field(default_factory=Counter)
    booked: int = 0

    def is_free(self, cart: dict[int, int]) -> bool:
        return self.booked < CAPACITY and all(
            self.on_hand[pk] - self.reserved[pk] >= quantity for pk, quantity in cart.items()
        )


class StockMachine(RuleBasedStateMachine):
    """Holds, payments, expiries, late payments, cancellations and adjustments, compared."""

    references = Bundle("references")
    variants: ClassVar[list[Variant]] = []
    slot: ClassVar[Slot]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.model = Model(on_hand=Counter({variant.pk: 4 for variant in self.variants}))
        self.holds: dict[str, ModelHold] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    @rule(
        target=references,
        quantities=st.lists(st.integers(0, 3), min_size=VARIANTS, max_size=VARIANTS),
    )
    def place(self, quantities):
        cart = {
            variant.pk: quantity
            for variant, quantity in zip(self.variants, quantities, strict=True)
            if quantity
        }
        reference = f"order-{len(self.holds)}"
        if self.model.is_free(cart):
            hold(cart, self.slot, reference=reference)
            self.holds[reference] = ModelHold(cart)
            self.model.reserved.update(cart)
            self.model.booked += 1
            return reference
        with pytest.raises(Conflict) as refused:
            hold(cart, self.slot, reference=reference)
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
        self.model.on_hand.subtract(held.cart)
        self.model.reserved.subtract(held.cart)

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
            self.model.reserved.subtract(held.cart)
            self.model.booked -= 1

    @rule(reference=references)
    def pay_late(self, reference):
        if (held := self.holds.get(reference)) is None or held.state != "released":
            return
        taken = services.retake_hold(reference=reference, at=LATER)
        assert taken is self.model.is_free(held.cart)
        if taken:
            held.state = "consumed"
            self.model.on_hand.subtract(held.cart)
            self.model.booked += 1

    @rule(reference=references)
    def cancel_paid(self, reference):
        if (held := self.holds.get(reference)) is None or held.state != "consumed":
            return
        assert services.return_hold(reference=reference, reason="cancelled", at=LATER)
        held.state = "released"
        self.model.on_hand.update(held.cart)
        self.model.booked -= 1

    @rule(which=st.integers(0, VARIANTS - 1), delta=st.integers(-5, 5).filter(bool))
    def adjust(self, which, delta):
        pk = self.variants[which].pk
        if self.model.on_hand[pk] + delta < self.model.reserved[pk]:
            with pytest.raises(Conflict) as refused:
                bake(self.variants[which], delta)
            assert refused.value.code == "stock_promised"
            return
        bake(self.variants[which], delta)
        self.model.on_hand[pk] += delta

    @invariant()
    def stock_is_as_the_model_says(self):
        for pk, on_hand, reserved in Stock.objects.values_list("pk", "on_hand", "reserved"):
            assert (on_hand, reserved) == (self.model.on_hand[pk], self.model.reserved[pk])
        assert Slot.objects.get(pk=self.slot.pk).booked == self.model.booked
        assert selectors.ledger_differences() == []


@pytest.mark.django_db
def test_any_order_of_events_agrees_with_the_model():
    # Made once: each example starts from here and is rolled back to here.
    StockMachine.variants = [make_variant(stock=4) for _ in range(VARIANTS)]
    StockMachine.slot = make_slot(capacity=CAPACITY)
    run_machine(
        StockMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- a history made by many at once --------------------------------------------------------------


def make_history(parallel, *, seed: int, threads: int = 8, steps: int = 30) -> list[str]:
    """Let threads do random things to the same few holds; return what is wrong afterwards."""
    variants, slot = [make_variant(stock=30) for _ in range(2)], make_slot(capacity=20)
    shared = [hold({variants[0].pk: 2, variants[1].pk: 1}, slot) for _ in range(6)]
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
                done.append((bake(random.choice(variants), random.choice([1, 2])).pk, "bake"))
        return done

    wrong = []
    for result in parallel(threads, work, timeout=40):
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
