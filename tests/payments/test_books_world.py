"""The world of money once more, with deposits and disputes, down to receipts and books.

After every step what each order says adds up; when everything is heard, documents say what was
sold, the books hold nothing for orders that are over, and the comparison finds nothing.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from apps.books import services as books
from apps.books.models import Entry
from apps.books.selectors.ledger_checks import journal_findings, ledger_findings
from apps.books.selectors.order_checks import order_findings
from apps.loyalty import services as bank
from apps.orders import services
from apps.orders.models import Order
from apps.payments.adapters.stripe_disputes import DisputeView, MoveView, WarningView
from apps.payments.models import Dispute, Payment, Refund, RefundRequest
from apps.payments.services import dispute_news, ledger, refund_news
from apps.payments.states import BLOCKING_DISPUTES
from apps.receipts.models import Document
from apps.receipts.rules.sale import missing_of
from apps.receipts.selectors.sales import lock_sale, told_of
from bakery.kernel import outbox
from bakery.kernel.events import event_class
from bakery.kernel.models import OutboxMessage
from tests.loyalty.members import issue, make_member
from tests.loyalty.offers import make_coupon, make_promotion
from tests.orders.factories import AT, ask_deposit, make_slot, make_variant
from tests.payments.test_money_world import CARD, LATE, PIECES, POINTS, STAFF, Till, total, view_of

YEARS_LATER = AT + timedelta(days=700)
# Found because they are so, and no fault: a refund in the dashboard, and what nobody tried again.
_OPEN = ("needs_response", "under_review", "warning_needs_response")
_TRUE = {"refund_unasked", "refund_stuck"}


def heard_inside() -> list[OutboxMessage]:
    """Return what waits for handlers that only touch the database, the newest first."""
    rows = OutboxMessage.objects.order_by("-pk")
    return [row for row in rows if not outbox._HANDLERS[row.handler].external]


class Shop(Till):
    """Also with deposits, disputes, warnings, receipts and books."""

    def __init__(self) -> None:
        super().__init__()
        self.views: dict[int, DisputeView] = {}

    def teardown(self) -> None:
        try:
            self.close_the_day()
        finally:
            super().teardown()

    def _hear(self, row) -> None:
        handler = outbox._HANDLERS[row.handler]
        handler.run(event_class(row.kind)(**row.payload), at=AT)

    @rule(which=st.integers(0, 9), cents=st.sampled_from([1, 500, 2000]))
    def ask_for_a_deposit(self, which, cents):
        rows = Order.objects.filter(status="pending_payment", deposit_total=0, paid_total=0)
        rows = [row for row in rows.order_by("pk") if row.balance > Decimal(cents) / 100]
        if rows:
            ask_deposit(rows[which % len(rows)], str(Decimal(cents) / 100))

    @rule(key=Till.orders)
    def open_page_of_deposit(self, key):
        if key:
            self.pages[key] = Order.objects.get(pk=key).deposit_due

    @rule(key=Till.orders, is_whole=st.booleans())
    def pay_properly(self, key, is_whole):
        """The page is opened and paid at once."""
        if not key:
            return
        order = Order.objects.get(pk=key)
        self.pages[key] = order.balance if is_whole else order.due_now
        self.pay_page(key, is_wrong=False)

    @rule(key=Till.orders)
    def miss_the_day_of_the_rest(self, key):
        if key:
            services.mark_overdue(order_id=key, at=AT + timedelta(days=6))

    @rule(which=st.integers(0, 9))
    def hear_anything(self, which):
        rows = heard_inside()
        if rows:
            row = rows[which % len(rows)]
            self._hear(row)
            row.delete()

    @rule(which=st.integers(0, 9), part=st.sampled_from(["all", "some"]))
    def refund_over_there(self, which, part):
        """In Stripe's dashboard, whatever waits here."""
        pair = self._payment_with_money(which)
        if pair is None:
            return
        payment, left = pair
        amount = left if part == "all" else min(left, Decimal("4.00"))
        refund_news.record_view(view_of(payment, amount, f"re_{self._next()}", "succeeded"), at=AT)

    @rule(which=st.integers(0, 9), is_inquiry=st.booleans())
    def dispute(self, which, is_inquiry):
        pair = self._payment_with_money(which)
        if pair is None:
            return
        payment, left = pair
        number = self._next()
        status = "warning_needs_response" if is_inquiry else "needs_response"
        view = DisputeView(
            id=f"du_{number}",
            intent_id=payment.payment_intent,
            charge_id="",
            amount_minor=int(left * 100),
            currency="CAD",
            reason="fraudulent",
            status=status,
            livemode=False,
            created=AT,
            due_by=LATE,
            answered=False,
            moves=() if is_inquiry else (self._move(-left, "15.00"),),
        )
        dispute_news.apply_view(view, payment, at=AT)

    @rule(which=st.integers(0, 9), end=st.sampled_from(["under_review", "won", "lost", "lost"]))
    def go_on_with_a_dispute(self, which, end):
        rows = list(Dispute.objects.filter(status__in=_OPEN).order_by("pk"))
        if not rows:
            return
        row = rows[which % len(rows)]
        moves = [MoveView(m.balance_transaction, int(m.amount * 100), int(m.fee * 100), "CAD")
                 for m in row.moves.order_by("pk")]  # fmt: skip
        if not moves:
            end = {"won": "warning_closed", "lost": "warning_closed"}.get(end, "needs_response")
            if end == "needs_response":
                moves.append(self._move(-row.amount, "15.00"))
        if end == "won":
            moves.append(self._move(row.amount, "0"))
        view = DisputeView(
            id=row.stripe_id,
            intent_id=row.payment.payment_intent,
            charge_id="",
            amount_minor=int(row.amount * 100),
            currency="CAD",
            reason="fraudulent",
            status=end,
            livemode=False,
            created=AT,
            due_by=LATE,
            answered=True,
            moves=tuple(moves),
        )
        dispute_news.apply_view(view, row.payment, at=AT)

    @rule(which=st.integers(0, 9))
    def warn_of_fraud(self, which):
        pair = self._payment_with_money(which)
        if pair is None:
            return
        payment = pair[0]
        view = WarningView(f"issfr_{self._next()}", payment.payment_intent, "", "misc", True, False)
        ledger.lock_payments(payment.order_id)
        dispute_news._propose_refund(payment, view, at=AT)

    def give_back(self, which, end):
        """Stripe refuses to refund what is disputed, or more than there is."""
        request = self._one(which, "approved")
        if request is not None and request.payment is not None and request.way == "stripe":
            blocked = Dispute.objects.filter(
                payment=request.payment, status__in=BLOCKING_DISPUTES
            ).exists()
            if blocked or self._left(request.payment) < request.amount:
                end = "refused"
        return Till.give_back(self, which, end)

    give_back = rule(
        which=st.integers(0, 9),
        end=st.sampled_from(["succeeded", "succeeded", "pending", "failed", "refused"]),
    )(give_back)

    def _move(self, amount, fee) -> MoveView:
        return MoveView(f"txn_{self._next()}", int(amount * 100), int(Decimal(fee) * 100), "CAD")

    def _left(self, payment) -> Decimal:
        return payment.amount - total(Refund.objects.filter(payment=payment, reversal=None,
                                                            way="stripe"))  # fmt: skip

    def _payment_with_money(self, which):
        """A payment with money that Stripe still has for the shop, and how much."""
        pairs = [
            (payment, left)
            for payment in Payment.objects.exclude(disputes__status__in=BLOCKING_DISPUTES)
            .exclude(disputes__status="won")
            .order_by("pk")
            if (left := self._left(payment)) > 0
        ]
        return pairs[which % len(pairs)] if pairs else None

    def once_everything_is_heard_everything_owed_is_asked_for(self):
        """The day's end says it here: the dashboard may take what others ask for."""

    def _asks_for_no_more_than_there_is(self, payment, gone) -> None:
        """Who refunds in the dashboard takes money that others ask for here."""
        assert total(gone) <= payment.amount

    def close_the_day(self) -> None:
        """Everything is heard, in some order, and booked."""
        for _ in range(20):
            rows = heard_inside()
            if not rows:
                break
            for row in rows:
                self._hear(row)
                row.delete()
        assert heard_inside() == []
        books.post_missing(at=LATE, whole=True)
        for order in Order.objects.order_by("pk"):
            self._documents_say_what_was_sold(order)
        numbers = Document.objects.order_by("pk").values_list("kind", "number")
        for kind in ("receipt", "credit_note"):
            mine = [int(number[-6:]) for each, number in numbers if each == kind]
            assert mine == list(range(1, len(mine) + 1))
        found = [
            *order_findings(YEARS_LATER),
            *ledger_findings(YEARS_LATER),
            *journal_findings(AT - timedelta(days=1), YEARS_LATER),
        ]
        assert [row for row in found if row.kind not in _TRUE] == []
        self._stray_money_is_explained()

    def _documents_say_what_was_sold(self, order) -> None:
        told = told_of(order.pk).sums
        assert told.total >= 0
        assert told.subtotal >= 0
        assert all(amount >= 0 for amount in told.levies.values())
        assert missing_of(lock_sale(order.pk), told_of(order.pk)).is_nothing
        over = order.status in ("cancelled", "expired")
        if order.paid_at is None:
            assert told.is_nothing
        elif order.balance == 0 and not over:
            assert told.total == order.total - order.credited_total

    def _stray_money_is_explained(self) -> None:
        """What no order took is held until it went back, was kept or was lost."""
        for order in Order.objects.all():
            entries = Entry.objects.filter(journal__order=order, account__code="2050")
            strays = Payment.objects.filter(order=order).exclude(
                outcome__in=("confirmed", "already_confirmed")
            )
            asked = RefundRequest.objects.filter(payment__in=strays)
            if asked.filter(Q(status="rejected") | Q(lowered_by__gt=0)).exists():
                continue  # What was kept may still go back, in the dashboard or for a warning.
            waits = total(asked.filter(status__in=("awaiting_approval", "approved", "failed")))
            assert -total(entries) == waits


@pytest.mark.django_db
def test_documents_and_books_say_what_happened_whatever_that_was():
    Shop.bun = make_variant(price="9.99", stock=PIECES)
    Shop.slot = make_slot()
    Shop.ada = make_member(at=AT)
    Shop.card = issue(str(CARD), at=AT)
    bank.adjust_points(
        user_id=Shop.ada.pk, points=POINTS, reason="gift", ref="gift", actor=STAFF, at=AT
    )
    promotion = make_promotion(needs_code=True, at=AT)
    make_coupon(promotion=promotion, max_uses=2, at=AT)
    make_promotion(name="Much", kind="amount", value=Decimal(3), threshold=Decimal(30), at=AT)
    run_machine(
        Shop,
        settings=settings(
            max_examples=3,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
