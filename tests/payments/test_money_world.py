"""Whatever becomes of orders with coupons, points, cards and parts: no cent is lost or doubled.

Facts are heard late and in any order: what asks for money to go back must not care.
"""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import ClassVar

import pytest
from django.db import transaction
from django.db.models import Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from apps.accounts.models import User
from apps.catalog.models import Variant
from apps.inventory.models import Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.loyalty import services as bank
from apps.loyalty.models import (
    Coupon,
    GiftCard,
    GiftCardUse,
    PointsAccount,
    PointsLot,
    PointsUse,
    Promotion,
    Redemption,
)
from apps.loyalty.selectors import loyalty_differences
from apps.orders import services
from apps.orders.events import OrderCancelled, OrderExpired, RefundOwed
from apps.orders.models import Cart, Order, SaleCredit, Tender
from apps.orders.services import EditWish, LineWish
from apps.orders.states import OrderStatus, TenderKind
from apps.payments import handlers
from apps.payments import services as refunds
from apps.payments.adapters.stripe_refunds import RefundView
from apps.payments.models import (
    CheckoutAttempt,
    Payment,
    PaymentBalance,
    Refund,
    RefundRequest,
)
from apps.payments.selectors.money_left import asked_of_order, payments_left
from apps.payments.services import ledger, refund_news
from apps.payments.states import LIVE_REFUNDS
from bakery.kernel.errors import DomainError
from bakery.kernel.models import OutboxMessage
from tests.loyalty.members import issue, make_member
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_slot, make_variant

S = OrderStatus
STAFF, BOSS = "user:1", "user:2"
LATE = AT + timedelta(hours=1)
PIECES, POINTS, CARD = 30, 300, Decimal("25.00")
_LIVE = ("reserved", "consumed")
_ENDED = {S.EXPIRED, S.CANCELLED}
_UNPAID = {S.PENDING_PAYMENT, S.DEPOSIT_PAID, S.BALANCE_DUE}
# Whoever cannot be served has their payment sent back, whatever the hold's state.
_ASIDE = {S.PAYMENT_MISMATCH, S.PAID_UNFULFILLABLE}
_HEARD = {
    "apps.payments.handlers.refund_cancelled": (handlers.refund_cancelled, OrderCancelled),
    "apps.payments.handlers.refund_expired": (handlers.refund_expired, OrderExpired),
    "apps.payments.handlers.refund_edited": (handlers.refund_edited, RefundOwed),
}


def view_of(payment, amount, stripe_id, status, request=None) -> RefundView:
    """Return what Stripe would say of a refund."""
    return RefundView(
        id=stripe_id,
        intent_id=payment.payment_intent,
        amount_minor=int(amount * 100),
        currency="CAD",
        status=status,
        failure="",
        balance_transaction="",
        failure_balance_transaction="",
        request_key=str(request.public_id) if request else "",
        try_number=request.tries if request else 0,
    )


def total(rows, column="amount") -> Decimal:
    return rows.aggregate(sum=Sum(column))["sum"] or Decimal(0)


class Till(RuleBasedStateMachine):
    """Customers order with all they have, pay in parts, late and wrongly, change and cancel."""

    orders = Bundle("orders")
    bun: ClassVar[Variant]
    slot: ClassVar[Slot]
    ada: ClassVar[User]
    card: ClassVar[GiftCard]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.count = 0
        # What each order asked for when its page was opened; it may be paid much later.
        self.pages: dict[int, Decimal] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _try(self, call) -> None:
        """Do it; a refusal undoes itself."""
        try:
            with transaction.atomic():
                call()
        except DomainError:
            pass

    @rule(
        target=orders,
        pieces=st.integers(1, 4),
        code=st.booleans(),
        points=st.sampled_from([0, 40, 250]),
        card=st.booleans(),
        is_known=st.booleans(),
    )
    def place(self, pieces, code, points, card, is_known):
        cart = fill_cart([(self.bun, pieces, "")])
        user_id = self.ada.pk if is_known else None
        Cart.objects.filter(pk=cart.pk).update(
            codes=["TENOFF"] if code else [],
            points=points,
            gift_cards=[self.card.pk] if card else [],
            user=user_id,
        )
        placed = []
        self._try(
            lambda: placed.append(
                services.place_order(
                    cart_id=cart.pk,
                    customer=services.Customer(
                        name=CUSTOMER.name,
                        email=CUSTOMER.email,
                        phone=CUSTOMER.phone,
                        user_id=user_id,
                    ),
                    slot_id=self.slot.pk,
                    expected_total=None,
                    # Points and cards are used as far as they go, as on the page.
                    expected_due=None,
                    at=AT,
                )
            )
        )
        if not placed:
            Cart.objects.filter(pk=cart.pk).delete()
            return 0
        self.pages[placed[0].pk] = placed[0].balance
        return placed[0].pk

    @rule(key=orders)
    def open_page(self, key):
        if key:
            self.pages[key] = Order.objects.get(pk=key).balance

    @rule(key=orders, is_wrong=st.sampled_from([False, False, False, True]))
    def pay_page(self, key, is_wrong):
        """The page is paid as it was opened, which may be long ago."""
        amount = self.pages.get(key, Decimal(0)) + is_wrong
        if not key or amount <= 0:
            return
        number = self._next()
        attempt = CheckoutAttempt.objects.create(
            order_id=key,
            number=number,
            idempotency_key=f"key-{number}",
            amount=amount,
            currency="CAD",
            expires_at=LATE,
            planned_at=AT,
        )
        session = SimpleNamespace(
            intent_id=f"pi_{number}",
            charge_id="",
            method="card",
            amount_minor=int(amount * 100),
            currency="CAD",
            fee_minor=None,
        )
        ledger.record_capture(attempt, session, event_id="", at=LATE)

    @rule(key=orders, part=st.sampled_from(["all", "all", "half", "cent"]))
    def pay_at_the_counter(self, key, part):
        if not key:
            return
        balance = Order.objects.get(pk=key).balance
        half = (balance / 2).quantize(Decimal("0.01"))
        amount = {"all": balance, "half": half, "cent": Decimal("0.01")}[part]
        ref = f"slip-{self._next()}"
        self._try(
            lambda: services.take_tender(
                order_id=key, kind=TenderKind.CASH, amount=amount, ref=ref, actor=STAFF, at=AT
            )
        )

    @rule(key=orders, pieces=st.integers(1, 5))
    def edit(self, key, pieces):
        if not key:
            return
        order = Order.objects.get(pk=key)
        position = order.lines.order_by("position").values_list("position", flat=True)[0]
        wish = EditWish(
            revision=order.revision, lines=(LineWish(position=position, quantity=pieces),)
        )
        self._try(
            lambda: services.edit_order(order_id=key, wish=wish, actor=STAFF, reason="model", at=AT)
        )

    @rule(key=orders)
    def cancel(self, key):
        self._try(lambda: services.cancel_order(order_id=key, actor=STAFF, reason="model", at=AT))

    @rule(key=orders, steps=st.integers(1, 3), is_back=st.booleans())
    def work(self, key, steps, is_back):
        given = {"order_id": key, "actor": STAFF, "at": AT}
        if is_back:
            self._try(lambda: services.step_back(reason="model", **given))
            return
        proof = services.Proof(reason="model", taken_by="Ada")
        calls = [
            lambda: services.start_production(**given),
            lambda: services.mark_ready(**given),
            lambda: services.mark_collected(proof=proof, **given),
        ]
        for call in calls[:steps]:
            self._try(call)

    @rule(key=orders, cents=st.integers(1, 4000), is_all=st.booleans())
    def ask_for_a_refund(self, key, cents, is_all):
        self._try(
            lambda: refunds.request_refund_of(
                order_id=key,
                reason="goodwill",
                amount=None if is_all else Decimal(cents) / 100,
                explanation="model",
                by=STAFF,
                reference=f"ask-{self._next()}",
                at=AT,
            )
        )

    @rule(which=st.integers(0, 9), verdict=st.sampled_from(["yes", "yes", "yes", "less", "no"]))
    def decide(self, which, verdict):
        request = self._one(which, "awaiting_approval")
        if request is None:
            return
        given = {"public_id": request.public_id, "by": BOSS, "at": AT}
        less = max((request.amount / 2).quantize(Decimal("0.01")), Decimal("0.01"))
        calls = {
            "yes": lambda: refunds.approve_refund(**given),
            "less": lambda: refunds.approve_refund(lower_to=less, **given),
            "no": lambda: refunds.reject_refund(note="model", **given),
        }
        self._try(calls[verdict])

    @rule(which=st.integers(0, 9), end=st.sampled_from(["succeeded", "succeeded", "pending",
                                                        "failed", "refused"]))  # fmt: skip
    def give_back(self, which, end):
        request = self._one(which, "approved")
        if request is None:
            return
        if request.way == "by_hand":
            self._by_hand(request)
        elif request.way == "gift_card":
            refunds.send_refund(request_id=request.pk, at=AT)
        elif end == "refused":
            refund_news.record_failure(request.pk, "model", tries=request.tries, at=AT)
        else:
            view = view_of(request.payment, request.amount, f"re_{self._next()}", end, request)
            refund_news.record_view(view, at=AT)

    @rule(which=st.integers(0, 9), how=st.sampled_from(["again", "by_hand", "no"]))
    def mend(self, which, how):
        request = self._one(which, "failed")
        if request is None:
            return
        given = {"public_id": request.public_id, "by": BOSS, "at": AT}
        if how == "again":
            self._try(lambda: refunds.try_refund_again(**given))
        elif how == "by_hand":
            self._try(lambda: self._by_hand(request))
        else:
            self._try(lambda: refunds.reject_refund(note="model", **given))

    @rule(which=st.integers(0, 9), cents=st.integers(1, 3000))
    def refund_in_the_dashboard(self, which, cents):
        left = [pair for order in Order.objects.all() for pair in payments_left(order.pk)]
        if not left:
            return
        payment, most = left[which % len(left)]
        amount = min(most, Decimal(cents) / 100)
        refund_news.record_view(view_of(payment, amount, f"re_{self._next()}", "succeeded"), at=AT)

    @rule(which=st.integers(0, 9))
    def bounce(self, which):
        rows = list(Refund.objects.filter(way="stripe", reversal=None).exclude(request=None))
        if not rows:
            return
        row = rows[which % len(rows)]
        view = view_of(row.payment, row.amount, row.stripe_id, "failed", row.request)
        refund_news.record_view(view, at=AT)

    def _by_hand(self, request) -> None:
        refunds.give_back_by_hand(
            public_id=request.public_id,
            by=BOSS,
            till="cash",
            how_ref=f"slip-{self._next()}",
            at=AT,
        )

    def _one(self, which, status):
        rows = list(RefundRequest.objects.filter(status=status).order_by("pk"))
        return rows[which % len(rows)] if rows else None

    @rule(days=st.sampled_from([0, 0, 8]))
    def wait(self, days):
        """The time to pay is over; for who paid a part, a week later."""
        services.expire_overdue(at=LATE + timedelta(days=days))

    @rule(which=st.integers(0, 9), is_twice=st.booleans())
    def hear(self, which, is_twice):
        """One of the facts that ask for money is heard, not the first one before the others."""
        rows = list(OutboxMessage.objects.filter(handler__in=_HEARD).order_by("pk"))
        if not rows:
            return
        row = rows[which % len(rows)]
        for _ in range(1 + is_twice):
            self._hear(row)
        row.delete()

    def _hear(self, row) -> None:
        run, event = _HEARD[row.handler]
        run(event(**row.payload), at=AT)

    @invariant()
    def no_cent_is_lost_or_doubled(self):
        for order in Order.objects.all():
            self._order_adds_up(order)
        for payment in Payment.objects.all():
            gone = Refund.objects.filter(payment=payment, reversal=None)
            self._asks_for_no_more_than_there_is(payment, gone)
            balance = PaymentBalance.objects.filter(payment=payment).first()
            assert total(gone) <= (balance.refunding if balance else 0)
            if payment.outcome not in ("confirmed", "already_confirmed"):
                assert payment.refund_requests.exists()
        assert loyalty_differences() == []
        assert ledger_differences() == []

    def _asks_for_no_more_than_there_is(self, payment, gone) -> None:
        asked = total(payment.refund_requests.filter(status__in=LIVE_REFUNDS))
        assert asked + total(gone.filter(request=None)) <= payment.amount

    def _order_adds_up(self, order) -> None:
        tenders = Tender.objects.filter(order=order)
        assert total(tenders) == order.paid_total
        asked = RefundRequest.objects.filter(order=order, status__in=LIVE_REFUNDS)
        of_the_order = asked.filter(reason__startswith="order_")
        assert total(of_the_order) <= order.refunded_total
        assert order.refunded_total <= order.paid_total + order.gift_card_total
        by_hand = tenders.filter(~Q(kind=TenderKind.ONLINE))
        assert total(asked.filter(payment=None, way="by_hand")) <= total(by_hand)
        on_cards = asked.filter(way="gift_card")
        assert total(on_cards) <= order.gift_card_total
        lowered = SaleCredit.objects.filter(order=order)
        assert total(lowered) == order.credited_total <= order.total
        assert total(lowered, "tax") <= order.tax_total
        if order.credited_total == order.total:
            assert total(lowered, "tax") == order.tax_total
        lost = sum((Decimal(row["amount"]) for row in order.adjustments), Decimal(0))
        assert lost == order.discount_total
        if order.status not in (*_ENDED, *_ASIDE):
            # What a change made too much is kept when its refund is rejected.
            is_kept = RefundRequest.objects.filter(order=order).exclude(decided_by="").filter(
                reason__startswith="order_")  # fmt: skip
            assert order.balance >= 0 or is_kept.exists()
            assert (order.paid_at is None) == (order.status in _UNPAID)
            assert order.paid_at is not None or order.balance > 0
        self._bank_has_what_the_order_says(order)

    def _bank_has_what_the_order_says(self, order) -> None:
        named = {"reference": order.hold_reference, "state__in": _LIVE}
        uses = [Redemption.objects.filter(**named), PointsUse.objects.filter(**named),
                GiftCardUse.objects.filter(**named)]  # fmt: skip
        is_undone = order.paid_at and order.credited_total == order.total
        if order.status in _ENDED or is_undone:
            assert not any(rows.exists() for rows in uses)
        elif order.status not in _ASIDE:
            offers = [row for row in order.adjustments if row["promotion_id"]]
            worth = sum((Decimal(row["amount"]) for row in offers), Decimal(0))
            assert (uses[0].count(), total(uses[0])) == (len(offers), worth)
            assert total(uses[1], "points") == order.points_spent
            on_cards = Refund.objects.filter(order=order, way="gift_card")
            assert total(uses[2]) == order.gift_card_total - total(on_cards)
            state = "consumed" if order.was_certain else "reserved"
            assert not any(rows.exclude(state=state).exists() for rows in uses)

    @invariant()
    def what_was_given_out_is_all_there(self):
        live = Redemption.objects.filter(state__in=_LIVE)
        for promotion in Promotion.objects.all():
            assert promotion.used == live.filter(promotion=promotion).count()
        assert Coupon.objects.get().used == live.exclude(coupon_id=None).count() <= 2
        card = GiftCard.objects.get(pk=self.card.pk)
        assert card.balance + total(GiftCardUse.objects.filter(state__in=_LIVE)) == CARD
        account = PointsAccount.objects.get(pk=self.ada.pk)
        used = total(PointsUse.objects.filter(state__in=_LIVE), "points")
        assert account.balance + used == total(PointsLot.objects.all(), "points")
        held = Order.objects.exclude(status__in=(*_ENDED, *_ASIDE))
        pieces = held.aggregate(sum=Sum("lines__quantity"))["sum"] or 0
        stock = Stock.objects.get(pk=self.bun.pk)
        # Never more than there were; what was begun and then left out is gone for good.
        assert stock.on_hand - stock.reserved <= PIECES - pieces

    @invariant()
    def once_everything_is_heard_everything_owed_is_asked_for(self):
        with transaction.atomic():
            for row in OutboxMessage.objects.filter(handler__in=_HEARD).order_by("-pk"):
                self._hear(row)
            for order in Order.objects.exclude(refunded_total=0):
                is_over = order.status in _ENDED
                asked = asked_of_order(order.pk, is_over=is_over)
                if is_over:
                    assert asked == order.refunded_total
                assert asked <= order.refunded_total
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_no_cent_is_lost_or_doubled_whatever_happens_in_whatever_order():
    Till.bun = make_variant(price="9.99", stock=PIECES)
    Till.slot = make_slot()
    Till.ada = make_member(at=AT)
    Till.card = issue(str(CARD), at=AT)
    bank.adjust_points(
        user_id=Till.ada.pk, points=POINTS, reason="gift", ref="gift", actor=STAFF, at=AT
    )
    promotion = make_promotion(needs_code=True, at=AT)
    make_coupon(promotion=promotion, max_uses=2, at=AT)
    make_promotion(name="Much", kind="amount", value=Decimal(3), threshold=Decimal(30), at=AT)
    run_machine(
        Till,
        settings=settings(
            max_examples=4,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
