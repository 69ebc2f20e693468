"""Any order of events against a model: balance = Σ ledger = Σ lots, never below nothing."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.loyalty import selectors, services
from apps.loyalty.models import GiftCard, PointsLot
from apps.loyalty.services import postings
from apps.loyalty.services.postings import end_of_points
from bakery.kernel.errors import Conflict
from tests.loyalty.members import AT, DAY, issue, make_member, numbers_of, reserve, spend_of, step

SALES, EARNINGS = 4, 4


class Lot:
    """Points that came in together, as the model has them."""

    def __init__(self, points: int, ends) -> None:
        self.points, self.left, self.ends = points, points, ends
        self.taken_back = self.expired = 0


class Use:
    """What a sale uses: points by lot, and an amount of the card."""

    def __init__(self, parts: list, amount: int) -> None:
        self.parts, self.amount, self.state = parts, amount, "reserved"
        self.points = sum(n for _, n in parts)


class BankMachine(RuleBasedStateMachine):
    """One customer with points and a gift card of 100, orders that come and go, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.member, self.card = make_member(), issue("100.00")
        services.adjust_points(
            user_id=self.member.pk, points=1, reason="x", ref="first", actor="user:1", at=AT
        )
        self.now = AT
        self.lots = [Lot(1, self._end(AT))]
        self.earned: dict[int, Lot] = {}
        self.uses: dict[int, Use] = {}
        self.debt, self.money = 0, 100

    # --- the model's own steps ---

    @staticmethod
    def _end(at):

        return end_of_points(at)

    def _live(self):
        lots = [lot for lot in self.lots if lot.left and lot.ends > self.now]
        return sorted(lots, key=lambda lot: (lot.ends, self.lots.index(lot)))

    def _draw(self, points: int):
        """Take points from live lots, or None when there are too few."""
        live = self._live()
        if sum(lot.left for lot in live) < points:
            return None
        return self._take(live, points)

    @staticmethod
    def _take(lots, points):
        parts = []
        for lot in lots:
            part = min(lot.left, points)
            if part:
                lot.left -= part
                points -= part
                parts.append((lot, part))
        return parts

    def _give(self, parts) -> None:
        for came_from, points in parts:
            lot = came_from
            if lot.ends <= self.now:
                lot = Lot(0, self.now + 30 * DAY)
                self.lots.append(lot)
            lot.left += points
            paid = min(self.debt, points)
            self.debt -= paid
            lot.left -= paid

    # --- what happens ---

    @rule(days=st.sampled_from([1, 20, 200]))
    def time_passes(self, days):
        self.now += days * DAY

    @rule(which=st.integers(0, EARNINGS - 1), points=st.integers(0, 40))
    def earn(self, which, points):
        services.earn(
            user_id=self.member.pk, reference=f"e{which}", amount=Decimal(points), at=self.now
        )
        if which in self.earned:
            return
        lot = self.earned[which] = Lot(points, self._end(self.now))
        self.lots.append(lot)
        paid = min(self.debt, points)
        self.debt -= paid
        lot.left -= paid

    @rule(which=st.integers(0, EARNINGS - 1), refunded=st.integers(0, 50))
    def refund(self, which, refunded):
        services.take_back(reference=f"e{which}", amount=Decimal(refunded), at=self.now)
        lot = self.earned.get(which)
        if lot is None:
            return
        due = min(lot.points, refunded) - lot.taken_back
        due = min(due, lot.points - lot.taken_back - lot.expired)
        if due <= 0:
            return
        lot.taken_back += due
        others = sorted(
            (other for other in self.lots if other is not lot),
            key=lambda other: (other.ends, self.lots.index(other)),
        )
        taken = self._take([lot, *others], due)
        self.debt += due - sum(n for _, n in taken)

    @rule(sale=st.integers(0, SALES - 1), points=st.integers(0, 30), amount=st.integers(0, 60))
    def place(self, sale, points, amount):
        if sale in self.uses:
            return
        spend = spend_of(self.member, points, cards=[(self.card, str(amount))])
        fits = sum(lot.left for lot in self._live()) >= points and self.money >= amount
        if not fits:
            with pytest.raises(Conflict, match=r"points can be used|used elsewhere|less on it"):
                reserve(spend, reference=f"s{sale}", at=self.now)
            return
        reserve(spend, reference=f"s{sale}", at=self.now)
        self.money -= amount
        self.uses[sale] = Use(self._draw(points), amount)

    @rule(sale=st.integers(0, SALES - 1), name=st.sampled_from(["consume", "retake"]))
    def pay(self, sale, name):
        use = self.uses.get(sale)
        if use is None:
            step(name, f"s{sale}", at=self.now)
        elif use.state == "released" and name == "consume":
            if use.points or use.amount:
                with pytest.raises(Conflict, match="given back"):
                    step(name, f"s{sale}", at=self.now)
        elif use.state == "released":
            there = sum(lot.left for lot in self._live()) >= use.points
            there = there and self.money >= use.amount
            assert step(name, f"s{sale}", at=self.now) is there
            if there:
                use.parts, use.state = self._draw(use.points), "consumed"
                self.money -= use.amount
        else:
            step(name, f"s{sale}", at=self.now)
            use.state = "consumed"

    @rule(sale=st.integers(0, SALES - 1), name=st.sampled_from(["release", "give_back"]))
    def end(self, sale, name):
        step(name, f"s{sale}", at=self.now)
        use = self.uses.get(sale)
        if use and use.state == ("reserved" if name == "release" else "consumed"):
            self._give(sorted(use.parts, key=lambda p: (p[0].ends, self.lots.index(p[0]))))
            self.money += use.amount
            use.parts, use.state = [], "released"

    @rule(sale=st.integers(0, SALES - 1), points=st.integers(0, 30), amount=st.integers(0, 60))
    def edit(self, sale, points, amount):
        use = self.uses.get(sale)
        if use is None or use.state == "released":
            return
        points, amount = min(points, use.points), min(amount, use.amount)
        spend = spend_of(self.member, points, cards=[(self.card, str(amount))] if amount else ())
        step("amend", f"s{sale}", spend=spend, at=self.now)
        kept, back, rest = [], [], use.points - points
        ordered = sorted(use.parts, key=lambda p: (p[0].ends, self.lots.index(p[0])))
        for lot, held in reversed(ordered):
            part = min(held, rest)
            rest -= part
            if part:
                back.append((lot, part))
            if held - part:
                kept.append((lot, held - part))
        self._give(back)
        self.money += use.amount - amount
        use.parts, use.points, use.amount = kept, points, amount

    @rule()
    def sweep(self):
        services.expire_points(at=self.now)
        for lot in self.lots:
            if lot.left and lot.ends <= self.now:
                lot.expired += lot.left
                lot.left = 0

    @invariant()
    def the_bank_is_as_the_model_says(self):
        balance = sum(lot.left for lot in self.lots)
        assert numbers_of(self.member) == (balance, self.debt)
        assert not (balance and self.debt)
        rows = PointsLot.objects.filter(account_id=self.member.pk).values_list("remaining")
        assert sorted(n for (n,) in rows) == sorted(lot.left for lot in self.lots)
        live = sum(lot.left for lot in self._live())
        assert selectors.points_balance(self.member.pk, at=self.now).spendable == live
        assert GiftCard.objects.get(pk=self.card.pk).balance == self.money
        assert selectors.loyalty_differences() == []


@pytest.mark.django_db
def test_any_order_of_events_agrees_with_the_model():
    assert connection.in_atomic_block

    class Machine(BankMachine):
        def __init__(self) -> None:
            self.point = transaction.savepoint()
            super().__init__()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.point)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=22,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.control
@pytest.mark.django_db
def test_control_points_that_return_without_paying_the_debt_are_found(monkeypatch):
    """The same steps agree with the guard, and do not without it."""
    give = postings.Posting.give

    def forgetful(self, kind, parts, *, use=None):
        owed, self._debt = self._debt, 0
        give(self, kind, parts, use=use)
        self._debt = owed

    def borrow_and_return():
        machine = BankMachine()
        for act in (
            lambda: machine.earn(0, 10),
            lambda: machine.place(0, 11, 0),
            lambda: machine.refund(0, 10),
            lambda: machine.end(0, "release"),
        ):
            act()
            machine.the_bank_is_as_the_model_says()

    borrow_and_return()
    monkeypatch.setattr(postings.Posting, "give", forgetful)
    with pytest.raises(IntegrityError, match="points_debt_first"), transaction.atomic():
        member = make_member()
        services.earn(user_id=member.pk, reference="other", amount=Decimal(10), at=AT)
        reserve(spend_of(member, 10), reference="held")
        services.take_back(reference="other", amount=Decimal(10), at=AT)
        step("release", "held")
