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
from apps.orders.models import Cart, Order, Tender
from apps.orders.services import EditWish, LineWish
from apps.orders.states import OrderStatus, TenderKind
from apps.payments import handlers
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.services import ledger
from bakery.kernel.errors import DomainError
from bakery.kernel.models import OutboxMessage
from tests.loyalty.members import issue, make_member
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_slot, make_variant

S = OrderStatus
STAFF = "user:1"
LATE = AT + timedelta(hours=1)
PIECES, POINTS, CARD = 30, 300, Decimal("25.00")
_LIVE = ("reserved", "consumed")
_ENDED = {S.EXPIRED, S.CANCELLED}
# Whoever cannot be served has their payment sent back, whatever the hold's state.
_ASIDE = {S.PAYMENT_MISMATCH, S.PAID_UNFULFILLABLE}
_HEARD = {
    "apps.payments.handlers.refund_cancelled": (handlers.refund_cancelled, OrderCancelled),
    "apps.payments.handlers.refund_expired": (handlers.refund_expired, OrderExpired),
    "apps.payments.handlers.refund_edited": (handlers.refund_edited, RefundOwed),
}


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
            asked = total(payment.refund_requests)
            assert asked <= payment.amount
            if payment.outcome not in ("confirmed", "already_confirmed"):
                assert asked == payment.amount
        assert loyalty_differences() == []
        assert ledger_differences() == []

    def _order_adds_up(self, order) -> None:
        tenders = Tender.objects.filter(order=order)
        assert total(tenders) == order.paid_total
        asked = RefundRequest.objects.filter(order=order, reason__startswith="order_")
        assert total(asked) <= order.refunded_total <= order.paid_total
        by_hand = tenders.filter(~Q(kind=TenderKind.ONLINE))
        assert total(asked.filter(payment=None)) <= total(by_hand)
        lost = sum((Decimal(row["amount"]) for row in order.adjustments), Decimal(0))
        assert lost == order.discount_total
        if order.status in _ENDED:
            assert order.refunded_total == order.paid_total
        elif order.status not in _ASIDE:
            assert order.balance >= 0
            assert (order.paid_at is None) == (order.status == S.PENDING_PAYMENT)
            assert order.paid_at is not None or order.balance > 0
        self._bank_has_what_the_order_says(order)

    def _bank_has_what_the_order_says(self, order) -> None:
        named = {"reference": order.hold_reference, "state__in": _LIVE}
        uses = [Redemption.objects.filter(**named), PointsUse.objects.filter(**named),
                GiftCardUse.objects.filter(**named)]  # fmt: skip
        if order.status in _ENDED:
            assert not any(rows.exists() for rows in uses)
        elif order.status not in _ASIDE:
            offers = [row for row in order.adjustments if row["promotion_id"]]
            worth = sum((Decimal(row["amount"]) for row in offers), Decimal(0))
            assert (uses[0].count(), total(uses[0])) == (len(offers), worth)
            assert total(uses[1], "points") == order.points_spent
            assert total(uses[2]) == order.gift_card_total
            state = "reserved" if order.paid_at is None else "consumed"
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
                asked = RefundRequest.objects.filter(order=order, reason__startswith="order_")
                assert total(asked) == order.refunded_total
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
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
