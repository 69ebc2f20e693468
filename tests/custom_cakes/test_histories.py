"""Whatever happens in whatever order: one live order at most, at its offer's price, and no leak."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.states import QuoteKind, QuoteState, RequestStatus
from apps.inventory.models import Hold, Slot
from apps.inventory.states import HoldState
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import NOT_PAYABLE, OrderStatus, TenderKind
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import STAFF, approve, counter, pay_order, slot_of
from tests.orders.factories import make_slot

pytestmark = pytest.mark.django_db
_IN_FORCE = [QuoteState.OPEN, QuoteState.ACCEPTED]


class History:
    """One request, and everybody who does something about it."""

    def __init__(self):
        self.at = clock.now() - timedelta(days=80)
        wishes = make_wishes(at=self.at, days=120)
        self.request = submit(wishes=wishes, at=self.at)
        for hours in (1, 2, 3):
            make_slot(Slot.objects.latest("pk").starts_at + timedelta(hours=hours))

    @property
    def staff(self):
        self.request.refresh_from_db()
        return {
            "request_id": self.request.pk,
            "expected_version": self.request.version,
            "actor": STAFF,
            "at": self.at,
        }

    @property
    def customer(self):
        return {"request_id": self.request.pk, "at": self.at}

    def do(self, action: str, number: int) -> None:
        self.at += timedelta(hours=1)
        try:
            with transaction.atomic():
                getattr(self, action)(number)
        except DomainError:
            pass  # a refusal is a fine answer, as long as nothing is broken by it

    def ask(self, number):
        services.ask_customer(text=f"Question {number}?", **self.staff)

    def answer(self, number):
        services.answer_question(text=f"Answer {number}", **self.customer)

    def approve(self, number):
        approve(self.request, at=self.at, price=Decimal(100 + number), reason="a guess")

    def counter(self, number):
        length = 6 if self.request.revision % 2 else 10
        design = design_data(length=length)
        counter(self.request, design=design, at=self.at, price=Decimal(200 + number))

    def accept(self, number):
        services.accept_counter(**self.customer)

    def decline(self, number):
        services.decline_counter(**self.customer)

    def reject(self, number):
        services.reject_request(reason="no", **self.staff)

    def take_back(self, number):
        services.take_back(reason="a mistake", **self.staff)

    def revise(self, number):
        wishes = make_wishes(design=design_data(tiers=1 + number % 2, length=10), at=self.at)
        kept = self.request.revisions.earliest("no").wanted_on
        wishes = make_wishes(design=wishes.design.as_json(), at=self.at, wanted_on=kept)
        services.revise_request(wishes=wishes, **self.customer)

    def withdraw(self, number):
        services.withdraw_request(**self.customer)

    def reopen(self, number):
        services.reopen_request(**self.customer)

    def renew(self, number):
        services.renew_quote(**self.customer)

    def renew_by_staff(self, number):
        services.renew_offer(slot_id=None, expires_at=None, **self.staff)

    def lapse(self, number):
        self.at += timedelta(hours=75)
        orders.expire_overdue(at=self.at)
        services.lapse_counters(at=self.at)

    def pay(self, number):
        """Pay any order that there ever was: late, twice, or one that was replaced."""
        found = list(Order.objects.order_by("pk"))
        if found:
            pay_order(found[number % len(found)], ref=f"pi_{number % 3}", at=self.at)

    def cash(self, number):
        """Take all or a part of any order at the counter."""
        found = list(Order.objects.order_by("pk"))
        if found:
            order = found[number % len(found)]
            orders.take_tender(
                order_id=order.pk,
                kind=TenderKind.CASH,
                amount=order.balance if number % 2 else Decimal(5),
                ref=f"till {number}",
                actor=STAFF,
                at=self.at,
            )

    def close(self, number):
        """Close or open the wanted time for new orders."""
        slot = slot_of(self.request)
        Slot.objects.filter(pk=slot.pk).update(closed=not slot.closed)

    def pass_by(self, number):
        """Let the wanted day come: rarely, as nothing goes on after it."""
        if number == 0:
            self.at += timedelta(days=125)
            services.end_passed(at=self.at)

    def forget(self, number):
        if number == 0:
            services.forget_mailbox(email="ada@example.com", at=self.at)

    def cancel(self, number):
        found = list(Order.objects.order_by("pk"))
        if found:
            orders.cancel_order(
                order_id=found[number % len(found)].pk, actor=STAFF, reason="", at=self.at
            )

    def news(self, number):
        """Let the request hear of one order: late, twice, in any order."""
        found = list(Order.objects.order_by("-pk"))
        if found:
            services.follow_order(order_id=found[number % len(found)].pk, at=self.at)


ACTIONS = [name for name in vars(History) if not name.startswith("_") and name not in
           {"do", "staff", "customer"}]  # fmt: skip
# What leads somewhere comes up more often than what ends it.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*ACTIONS, "approve", "approve", "counter", "accept", "pay", "news"]),
        st.integers(0, 9),
    ),
    min_size=4,
    max_size=12,
)


def check(request: CakeRequest) -> None:
    quotes = list(Quote.objects.filter(request=request).select_related("order"))
    in_force = [quote for quote in quotes if quote.state in _IN_FORCE]
    assert len(in_force) <= 1
    live = [
        order
        for order in Order.objects.all()
        if order.superseded_at is None and order.status not in NOT_PAYABLE
    ]
    assert len(live) <= 1, [(order.number, order.status) for order in live]
    for order in live:
        quote = next(quote for quote in quotes if quote.order_id == order.pk)
        assert order.total == quote.total
        assert order.lines.get().unit_price == quote.price
        if order.status == OrderStatus.PENDING_PAYMENT:
            assert quote in in_force
            request.refresh_from_db()
            assert request.order_id == order.pk
            assert request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    kept = set(Hold.objects.filter(state=HoldState.HELD).values_list("reference", flat=True))
    waiting = Order.objects.filter(status=OrderStatus.PENDING_PAYMENT)
    offered = {
        quote.hold_reference
        for quote in quotes
        if (quote.state, quote.kind, quote.order) == (QuoteState.OPEN, QuoteKind.COUNTER, None)
    }
    # What is kept is kept for an order that waits, or for an offer that can be taken.
    assert kept == offered | {order.hold_reference for order in waiting}
    held = len(kept) + Hold.objects.filter(state=HoldState.CONSUMED).count()
    assert (Slot.objects.aggregate(total=Sum("booked"))["total"] or 0) == held


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_history_keeps_what_must_hold(steps):
    with transaction.atomic():
        history = History()
        for action, number in steps:
            history.do(action, number)
            check(history.request)
        # Once everything was heard of, request and orders tell the same story.
        for order in Order.objects.order_by("-pk"):
            services.follow_order(order_id=order.pk, at=history.at)
        request = history.request
        request.refresh_from_db()
        check(request)
        if request.status == RequestStatus.PAID:
            assert request.order.was_certain
        if request.order is not None and request.order.was_certain:
            assert request.status in {RequestStatus.PAID, RequestStatus.CANCELLED}
        transaction.set_rollback(True)


@pytest.mark.control
def test_control_without_ending_the_former_offer_the_check_finds_two_orders(monkeypatch):
    from apps.custom_cakes.services import deciding

    history = History()
    history.do("approve", 1)
    history.do("lapse", 0)
    for order in Order.objects.all():
        services.follow_order(order_id=order.pk, at=history.at)
    monkeypatch.setattr(deciding, "end_offer", lambda request, **given: None)
    history.do("renew_by_staff", 0)
    history.do("pay", 0)
    with pytest.raises(AssertionError):
        check(history.request)
