"""Whatever customers, staff and time do in whatever order, the shop is as a small model says."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from apps.catalog.models import Variant
from apps.inventory.models import Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import Order, OrderEdit, Tender
from apps.orders.services import EditWish, LineWish, PaymentOutcome
from apps.orders.states import OrderStatus
from bakery.kernel.errors import DomainError
from tests.orders.factories import AT, make_slot, make_variant, pay, place

S = OrderStatus
STOCK, PLACES, PRICE, TAX = 8, 3, 1000, 130  # a piece costs 11.30 with its tax, in cents
LATE = AT + timedelta(hours=1)
NEXT_WEEK = AT + timedelta(days=8)
_HOLDING = {S.PENDING_PAYMENT, S.PAID, S.IN_PRODUCTION, S.READY, S.COLLECTED, S.NO_SHOW}
STAFF = "user:1"


@dataclass
class Known:
    """What the model knows of an order; money in cents."""

    pieces: int
    status: S = S.PENDING_PAYMENT
    # What left the stock and does not come back; while unpaid, what is promised.
    taken: int = 0
    has_place: bool = True
    paid: int = 0
    owed: int = 0
    revision: int = 0

    @property
    def total(self) -> int:
        return self.pieces * (PRICE + TAX)

    @property
    def balance(self) -> int:
        return self.total - self.paid + self.owed


class World(RuleBasedStateMachine):
    """Customers order, pay right, wrong and late, change and cancel; staff work; time passes."""

    orders = Bundle("orders")
    bun: ClassVar[Variant]
    slot: ClassVar[Slot]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.known: dict[int, Known] = {}
        self.payments = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    @property
    def free(self) -> int:
        return STOCK - sum(row.taken for row in self.known.values())

    @property
    def places(self) -> int:
        return PLACES - sum(row.has_place for row in self.known.values())

    def _try(self, call) -> bool:
        """Do it; a refusal must have changed nothing."""
        before = list(Order.objects.order_by("pk").values())
        try:
            call()
        except DomainError:
            assert list(Order.objects.order_by("pk").values()) == before
            return False
        return True

    @rule(target=orders, pieces=st.integers(1, 4))
    def place(self, pieces):
        placed = []
        call = lambda: placed.append(place([(self.bun, pieces, "")], slot=self.slot))  # noqa: E731
        assert self._try(call) is (self.free >= pieces and self.places > 0)
        if placed:
            self.known[placed[0].pk] = Known(pieces, taken=pieces)
        return placed[0].pk if placed else 0

    @rule(key=orders, how=st.sampled_from(["right", "right", "wrong"]))
    def pay(self, key, how):
        if (row := self.known.get(key)) is None:
            return
        self.payments += 1
        amount = row.balance if how == "right" else row.balance + 1
        if amount <= 0:
            amount = 1
        outcome = pay(Order.objects.get(pk=key), ref=f"pi_{self.payments}", amount=amount, at=LATE)
        was_paid = row.paid > 0
        if was_paid:
            owes = how == "right" and row.balance > 0 and row.status in _HOLDING
            assert outcome == (PaymentOutcome.CONFIRMED if owes else PaymentOutcome.SECOND_PAYMENT)
            row.paid += amount if owes else 0
        elif row.status in {S.PAYMENT_MISMATCH, S.PAID_UNFULFILLABLE}:
            assert outcome in {PaymentOutcome.MISMATCH, PaymentOutcome.SECOND_PAYMENT}
        elif row.status == S.PENDING_PAYMENT or row.status in {S.EXPIRED, S.CANCELLED}:
            self._first(row, outcome, amount, how)

    def _first(self, row, outcome, amount, how) -> None:
        if outcome == PaymentOutcome.SECOND_PAYMENT:
            # A wrong payment came before, and the order was cancelled for it.
            assert row.status == S.CANCELLED
            return
        if how == "wrong":
            assert outcome == PaymentOutcome.MISMATCH
            row.status = S.PAYMENT_MISMATCH
            return
        late = row.status != S.PENDING_PAYMENT
        if late and (self.free < row.pieces or self.places < 1):
            assert outcome == PaymentOutcome.UNFULFILLABLE
            row.status = S.PAID_UNFULFILLABLE
            return
        assert outcome == PaymentOutcome.CONFIRMED
        row.status, row.paid = S.PAID, amount
        row.taken, row.has_place = row.pieces, True

    @rule(key=orders, pieces=st.integers(1, 6), by_staff=st.booleans(), stale=st.booleans())
    def edit(self, key, pieces, by_staff, stale):
        if (row := self.known.get(key)) is None:
            return
        wish = EditWish(
            revision=row.revision + stale, lines=(LineWish(position=1, quantity=pieces),)
        )
        actor = STAFF if by_staff else "customer"
        may = {S.PENDING_PAYMENT, S.PAID} | ({S.IN_PRODUCTION} if by_staff else set())
        more = pieces - row.pieces
        made = row.status == S.IN_PRODUCTION
        taken = max(row.taken, pieces) if made else pieces
        fits = row.status in may and not stale and more != 0 and taken - row.taken <= self.free
        done = self._try(
            lambda: services.edit_order(order_id=key, wish=wish, actor=actor, reason="model", at=AT)
        )
        assert done is fits
        if done:
            row.pieces, row.taken, row.revision = pieces, taken, row.revision + 1
            if row.balance < 0:
                row.owed -= row.balance

    @rule(key=orders, by_staff=st.booleans())
    def cancel(self, key, by_staff):
        if (row := self.known.get(key)) is None:
            return
        may = {S.PENDING_PAYMENT, S.PAID}
        if by_staff:
            may |= {S.IN_PRODUCTION, S.NO_SHOW, S.PAYMENT_MISMATCH, S.PAID_UNFULFILLABLE}
        actor = STAFF if by_staff else "customer"
        done = self._try(
            lambda: services.cancel_order(order_id=key, actor=actor, reason="model", at=AT)
        )
        assert done is (row.status in may)
        if done:
            if row.status not in {S.IN_PRODUCTION, S.NO_SHOW}:
                row.taken, row.has_place = 0, False
            row.status, row.owed = S.CANCELLED, row.paid

    @rule(key=orders, step=st.sampled_from(["start", "ready", "collect", "no_show", "back"]))
    def work(self, key, step):
        if (row := self.known.get(key)) is None:
            return
        moves = {
            "start": {S.PAID: S.IN_PRODUCTION},
            "ready": {S.IN_PRODUCTION: S.READY},
            "collect": {} if row.balance > 0 else dict.fromkeys((S.READY, S.NO_SHOW), S.COLLECTED),
            "no_show": {S.READY: S.NO_SHOW},
            "back": {
                S.IN_PRODUCTION: S.PAID, S.READY: S.IN_PRODUCTION, S.NO_SHOW: S.READY,
            },
        }[step]  # fmt: skip
        given = {"order_id": key, "actor": STAFF, "at": AT}
        call = {
            "start": lambda: services.start_production(**given),
            "ready": lambda: services.mark_ready(**given),
            "collect": lambda: services.mark_collected(
                proof=services.Proof(reason="model", taken_by="Ada"), **given
            ),
            "no_show": lambda: services.mark_no_show(reason="model", **(given | {"at": NEXT_WEEK})),
            "back": lambda: services.step_back(reason="model", **given),
        }[step]
        assert self._try(call) is (row.status in moves)
        row.status = moves.get(row.status, row.status)

    @rule()
    def wait(self):
        services.expire_overdue(at=LATE)
        for row in self.known.values():
            if row.status == S.PENDING_PAYMENT:
                row.status, row.taken, row.has_place = S.EXPIRED, 0, False

    @invariant()
    def the_shop_is_as_the_model_says(self):
        for order in Order.objects.filter(pk__in=self.known):
            row = self.known[order.pk]
            assert (order.status, order.revision) == (row.status, row.revision)
            assert order.total == Decimal(row.total) / 100
            assert (order.paid_total, order.refunded_total) == (
                Decimal(row.paid) / 100, Decimal(row.owed) / 100,
            )  # fmt: skip
            tenders = Tender.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"]
            assert (tenders or 0) == order.paid_total
            assert OrderEdit.objects.filter(order=order).count() == row.revision
        stock = Stock.objects.get(pk=self.bun.pk)
        assert stock.on_hand - stock.reserved == self.free
        assert Slot.objects.get(pk=self.slot.pk).booked == PLACES - self.places
        assert ledger_differences() == []


@pytest.mark.django_db
def test_customers_staff_and_time_in_any_order_agree_with_the_model():
    World.bun = make_variant(price="10.00", stock=STOCK)
    World.slot = make_slot(capacity=PLACES)
    run_machine(
        World,
        settings=settings(
            max_examples=7,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
