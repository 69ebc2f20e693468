"""Whatever happens to orders: the ledger, revenue and the sources say the same, to the cent."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum

from apps.books import selectors, services
from apps.books.models import Journal
from apps.books.rules import chart
from apps.books.rules import posting as posting_rules
from apps.books.rules.posting import Posting
from apps.books.selectors.proving import find_flaws
from apps.books.selectors.revenue import ledger_sides, revenue
from apps.books.selectors.statements import trial_balance
from apps.loyalty.models import GiftCard, PointsAccount
from apps.orders import services as orders
from apps.orders.models import Cart, Order
from apps.orders.services import EditWish, LineWish
from apps.orders.states import TenderKind
from apps.payments import services as payments
from apps.payments.models import Refund, RefundRequest
from apps.payments.services.recording import record_refund
from apps.receipts.models import Document
from apps.receipts.services import settle_documents
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from tests.books.factories import capture, issue
from tests.loyalty.members import earn, make_member
from tests.loyalty.members import issue as issue_card
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_slot, make_variant, place_paid

pytestmark = pytest.mark.django_db
STAFF, OTHER = "user:1", "user:2"


class Shop:
    """Orders with cards and points that are paid, changed, refunded and called off."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.bun = make_variant(price="10.00", stock=300)
        self.slot = make_slot()
        self.user = make_member()
        self.card = issue_card("400.00")
        earn(self.user, 4000, at=AT)
        self.orders: list[Order] = []
        self.touched: set[int] = set()
        self.at = AT

    def act(self) -> None:
        """Do one thing of a day at a shop; what is refused is not done."""
        self.at += timedelta(hours=self.chance.randint(1, 4))
        steps = [self.edit, self.edit, self.refund, self.decide, self.decide, self.cancel]
        with suppress(DomainError), transaction.atomic():
            self.chance.choice([self.place] * 4 + steps if self.orders else [self.place])()
        for order_id in self.touched:
            settle_documents(order_id=order_id, at=self.at)
        self.touched.clear()

    def any(self) -> Order:
        """Return an order to do something with."""
        order = self.chance.choice(self.orders)
        self.touched.add(order.pk)
        return order

    def place(self) -> None:
        pieces = self.chance.randint(1, 6)
        cart = fill_cart([(self.bun, pieces, "")], at=self.at)
        Cart.objects.filter(pk=cart.pk).update(
            points=self.chance.choice([0, 0, 40]),
            gift_cards=[self.card.pk] if self.chance.random() < 0.4 else [],
            user=self.user.pk,
        )
        order = orders.place_order(
            cart_id=cart.pk,
            customer=replace(CUSTOMER, user_id=self.user.pk),
            slot_id=self.slot.pk,
            expected_total=None,
            at=self.at,
        )
        self.orders.append(order)
        self.touched.add(order.pk)
        if self.chance.random() < 0.85:
            self.pay(order)

    def pay(self, order: Order) -> None:
        order.refresh_from_db()
        if order.balance <= 0:
            return
        amount, ref = order.balance, f"pay-{len(self.orders)}-{self.at.timestamp()}"
        if self.chance.random() < 0.5:
            orders.take_tender(
                order_id=order.pk,
                kind=self.chance.choice([TenderKind.CASH, TenderKind.TERMINAL]),
                amount=amount,
                ref=ref,
                actor=STAFF,
                at=self.at,
            )
        else:
            payment = capture(order, amount, fee="0.55", at=self.at)
            orders.confirm_payment(
                order_id=order.pk,
                payment_ref=payment.payment_intent,
                amount_minor=int(amount * 100),
                currency="CAD",
                at=self.at,
            )

    def edit(self) -> None:
        order = self.any()
        order.refresh_from_db()
        line = order.lines.first()
        wish = EditWish(
            revision=order.revision,
            lines=(LineWish(position=line.position, quantity=self.chance.randint(1, 8)),),
        )
        done = orders.edit_order(
            order_id=order.pk, wish=wish, actor=STAFF, at=self.at, reason="asked"
        )
        if done.owed:
            payments.request_edit_refund(
                order_id=order.pk,
                revision=done.order.revision,
                amount=done.owed,
                by="system",
                at=self.at,
            )
        self.pay(order)

    def refund(self) -> None:
        order = self.any()
        payments.request_refund_of(
            order_id=order.pk,
            reason="goodwill",
            amount=Decimal(self.chance.randint(100, 1500)) / 100,
            explanation="not fresh",
            by=STAFF,
            reference=str(self.at.timestamp()),
            at=self.at,
        )

    def decide(self) -> None:
        waiting = RefundRequest.objects.filter(status="awaiting_approval")
        request = waiting.order_by("pk").first()
        if request is None:
            return
        key = request.public_id
        self.touched.add(request.order_id)
        if self.chance.random() < 0.3:
            payments.reject_refund(public_id=key, by=OTHER, note="no", at=self.at)
            return
        payments.approve_refund(public_id=key, by=OTHER, at=self.at)
        if request.way == "by_hand":
            payments.give_back_by_hand(
                public_id=key, by=OTHER, till="cash", how_ref="slip", at=self.at
            )
        elif request.way == "gift_card":
            payments.send_refund(request_id=request.pk, at=self.at)
        else:
            self.give_to_card(request)

    def give_to_card(self, request: RefundRequest) -> None:
        """What Stripe did, as if it had said so."""
        RefundRequest.objects.filter(pk=request.pk).update(status="succeeded")
        request.refresh_from_db()
        refund = Refund(
            order_id=request.order_id,
            request=request,
            payment=request.payment,
            way="stripe",
            stripe_id=f"re_{request.pk}",
            amount=request.amount,
            currency="CAD",
            given_by="stripe",
            recorded_at=self.at,
        )
        record_refund(refund, at=self.at)

    def cancel(self) -> None:
        order = self.any()
        orders.cancel_order(order_id=order.pk, actor=STAFF, reason="asked", at=self.at)
        payments.request_refunds(order_id=order.pk, by="system", at=self.at)


def differences(first, last) -> dict:
    sides = ledger_sides(revenue(first, last))
    return {name: pair for name, pair in sides.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("seed", [1, 3])
def test_ledger_revenue_and_bank_agree_to_the_cent(seed):
    shop = Shop(seed)
    for _ in range(28):
        shop.act()
    while not Refund.objects.exists() and len(shop.orders) < 40:
        shop.act()
    services.post_missing(at=shop.at)
    first, last = clock.shop_date(AT), clock.shop_date(shop.at)
    assert Document.objects.filter(kind="credit_note").exists()
    assert Refund.objects.exists()
    assert list(find_flaws()) == []
    assert differences(first, last) == {}
    day = first
    while day <= last:
        assert differences(day, day) == {}
        day += timedelta(days=1)
    rows = trial_balance(first, last, "CAD")
    assert sum(row.closing for row in rows) == 0 == sum(row.debit - row.credit for row in rows)
    owed = selectors.liability_totals()
    assert owed["2010"] == total(GiftCard.objects.all(), "balance")
    points = total(PointsAccount.objects.all(), "balance") - total(
        PointsAccount.objects.all(), "debt"
    )
    assert owed["2030"] == points * Decimal("0.05")
    assert {order.number: left for order in shop.orders if (left := unexplained(order))} == {}


def unexplained(order: Order) -> Decimal:
    """What the books owe for an order beyond what its open refunds and its unpaid part explain."""
    order.refresh_from_db()
    asked = RefundRequest.objects.filter(order=order, status="awaiting_approval")
    if order.status == "pending_payment":
        return Decimal(0)
    # What is asked back for a change has left the sale already; the rest is in it until it goes.
    waits = total(asked.filter(reason="order_edited"))
    if order.paid_at is None or order.balance > 0:
        return Decimal(0)
    return selectors.prepayments_of(order.pk) - waits


def total(rows, column="amount") -> Decimal:
    return rows.aggregate(total=Sum(column))["total"] or Decimal(0)


def test_facts_are_booked_as_they_are_heard(drain_outbox):
    order = place_paid()
    drain_outbox()
    assert Document.objects.get(order=order).total == order.total
    assert {code: str(amount) for code, amount in selectors.order_balances(order.pk).items()} == {
        "1020": "48.00",
        "2000": "0.00",
        "4000": "-48.00",
    }
    journals = set(Journal.objects.values_list("source", flat=True))
    assert len(journals) == 2


class TestRebuilding:
    """The command that derives everything again."""

    def run(self, *options) -> str:
        out = StringIO()
        call_command("rebuild_books", *options, stdout=out)
        return out.getvalue()

    def test_it_books_what_is_missing_and_finds_nothing_else(self):
        issue(place_paid(), "48.00", "2.29")
        with pytest.raises(CommandError, match="2 journals"):
            self.run("--check")
        assert "Booked 2 journals" in self.run()
        assert "are what their sources say" in self.run("--check")

    def test_it_finds_what_has_no_source_and_what_says_something_else(self, monkeypatch):
        place_paid()
        services.post_missing(at=AT)
        legs = (chart.CASH, Decimal(5)), (chart.PREPAYMENTS, Decimal(-5))
        for source in ("tender:999999", "nonsense"):
            planted = Posting(source, AT, "planted", "CAD", None, legs)
            assert services.post_all(postings=[planted], at=AT) == 1
        elsewhere = {**posting_rules._TENDERS, "online": (chart.CASH, "paid online")}
        monkeypatch.setattr(posting_rules, "_TENDERS", elsewhere)
        kinds = sorted(flaw.kind for flaw in find_flaws())
        assert kinds == ["differs", "no source", "no source"]
