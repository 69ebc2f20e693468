"""Whatever Stripe, the orders and the books disagree on is found and named, and nothing else."""

import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.books import services
from apps.books.models import Difference, Reconciliation
from apps.books.rules.differences import WORDS, DifferenceKind
from apps.books.states import DifferenceState
from apps.notifications.models import Alert
from apps.orders import services as orders
from apps.orders.models import Cart, Order
from apps.orders.services import EditWish, LineWish, cancel_order
from apps.orders.states import TenderKind
from apps.payments import services as payments
from apps.payments.models import Dispute, Payment, Refund, RefundRequest
from bakery.kernel import clock, outbox
from tests.books.histories import APPROVER, History, compare, open_kinds
from tests.loyalty.members import issue
from tests.orders.factories import CUSTOMER, ask_deposit, fill_cart, make_cake, make_slot
from tests.payments.factories import open_session, pay_at_stripe, place_now

pytestmark = pytest.mark.django_db(transaction=True)
K = DifferenceKind


# Mails, texts, files and mirrors: nothing that is compared comes of them, and they take time.
_ASIDE = ("apps.orders.", "apps.notifications.", "apps.payments.handlers.mirror",
          "apps.payments.handlers.mail", "apps.payments.handlers.freeze",
          "apps.receipts.handlers.seal", "apps.receipts.handlers.mail")  # fmt: skip


@pytest.fixture
def history(sandbox, client, drain_outbox, superuser_connection, monkeypatch) -> History:
    for name in [name for name in outbox._HANDLERS if name.startswith(_ASIDE)]:
        monkeypatch.delitem(outbox._HANDLERS, name)
    return History(sandbox, client, drain_outbox, superuser_connection)


def only(kind: str) -> Difference:
    assert open_kinds() == {kind: 1}
    return Difference.objects.get(kind=kind, state=DifferenceState.OPEN)


def test_a_day_of_everything_has_no_difference(history):
    """Payments, refunds, refunds that bounce, disputes of all ends, cancelled orders."""
    plain, part, bounced, won, lost, cancelled = history.pay_each(6)
    assert plain.status == "paid"
    history.refund(part)
    refund = history.refund(bounced, "5.00")
    history.sandbox.stripe.settle_refund(refund.stripe_id, succeeds=False)
    history.tell()
    history.dispute(won, "won")
    history.dispute(lost, "lost")
    cancel_order(order_id=cancelled.pk, actor="user:1", reason="called off", at=clock.now())
    history.drain()
    history.approve(cancelled)
    run = compare()
    assert open_kinds() == {}
    assert (run.found, run.new, run.problem) == (0, 0, "")
    # Six payments, three refunds, one that bounced, three movements of disputes.
    assert run.compared >= 13
    assert run.ended_at is not None


def test_what_people_do_with_orders_makes_no_difference(history):
    """Cash, gift cards, changes, deposits, wrong amounts, refusals: all of it is in order."""
    cash = place_now()
    take(cash, "20.00", "half")
    take(cash, "28.00", "rest")
    lapsed = place_now()
    take(lapsed, "5.00", "part")
    refused, cheaper, dearer, unpaid = history.pay_each(4, stock=9, quantity=2)
    cancel(refused)
    history.drain()
    (request,) = RefundRequest.objects.filter(order=refused)
    payments.reject_refund(
        public_id=request.public_id, by=APPROVER, note="too late", at=clock.now()
    )
    edit(cheaper, 1)
    edit(dearer, 3)
    pay_at_stripe(history.sandbox, dearer)
    edit(unpaid, 4)
    history.tell()
    history.approve(cheaper)
    cancel(unpaid)
    history.drain()
    history.approve(unpaid)
    cancel(lapsed)
    with_card(history, issue("100.00", at=clock.now()))
    half = with_card(history, issue("20.00", at=clock.now()))
    pay_at_stripe(history.sandbox, half)
    called_off = with_card(history, issue("30.00", at=clock.now()))
    pay_at_stripe(history.sandbox, called_off)
    history.tell()
    cancel(called_off)
    history.drain()
    history.approve(called_off)
    wrong = place_now()
    history.sandbox.stripe.change_amount(open_session(wrong), 4900)
    pay_at_stripe(history.sandbox, wrong)
    deposited = ask_deposit(place_now(), "10.00")
    pay_at_stripe(history.sandbox, deposited)
    history.tell()
    services.post_missing(at=clock.now(), whole=True)
    compare()
    assert open_kinds() == {}, list(Difference.objects.values_list("kind", "key", "facts"))
    statuses = dict(Order.objects.values_list("pk", "status"))
    assert statuses[cash.pk] == statuses[half.pk] == "paid"
    assert statuses[wrong.pk] == "payment_mismatch"
    assert statuses[deposited.pk] == "deposit_paid"


def test_what_waits_to_go_back_of_closed_orders_is_no_difference(history):
    """Asked for and not decided, sent and bounced, called off and not approved."""
    asked, bounced, called_off = history.pay_each(3)
    refund = history.refund(bounced, "5.00")
    history.sandbox.stripe.settle_refund(refund.stripe_id, succeeds=False)
    history.tell()
    history.ask(asked, "4.00")
    Order.objects.filter(pk__in=[asked.pk, bounced.pk]).update(status="collected")
    cancel(called_off)
    history.drain()
    history.tell()
    compare()
    assert open_kinds() == {}, list(Difference.objects.values_list("kind", "key", "facts"))
    states = RefundRequest.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["failed", "awaiting_approval", "awaiting_approval"]


def take(order, amount, ref) -> None:
    orders.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=Decimal(amount),
        ref=f"{ref}-{order.pk}",
        actor="user:1",
        at=clock.now(),
    )


def cancel(order) -> None:
    cancel_order(order_id=order.pk, actor="user:1", reason="called off", at=clock.now())


def edit(order, quantity) -> None:
    order.refresh_from_db()
    wish = EditWish(revision=order.revision, lines=(LineWish(position=1, quantity=quantity),))
    orders.edit_order(order_id=order.pk, wish=wish, actor="user:1", at=clock.now())


def with_card(history, card) -> Order:
    """Return an order of one cake that the card pays for as far as it goes."""
    at = clock.now()
    cart = fill_cart([(make_cake(price="48.00", stock=5), 1, "")], at=at)
    Cart.objects.filter(pk=cart.pk).update(gift_cards=[card.pk])
    order = orders.place_order(
        cart_id=cart.pk,
        customer=CUSTOMER,
        slot_id=make_slot(at.replace(microsecond=0) + timedelta(days=7)).pk,
        expected_total=None,
        at=at,
    )
    history.drain()
    return order


def test_a_random_history_has_no_difference(history):
    rng = random.Random(17)
    orders = []
    for _ in range(5):
        step = rng.choice(["pay", "refund", "dispute", "cancel"])
        if step == "pay" or not orders:
            orders.append(
                history.pay(quantity=rng.choice([1, 2]), price=rng.choice(["48.00", "7.35"]))
            )
            continue
        order = orders.pop(rng.randrange(len(orders)))
        if step == "refund":
            history.refund(order, f"{rng.randint(1, 700) / 100:.2f}")
        elif step == "dispute":
            history.dispute(order, rng.choice(["", "won", "lost"]), inquiry=rng.random() < 0.3)
        else:
            cancel_order(order_id=order.pk, actor="user:1", reason="called off", at=clock.now())
            history.drain()
            if rng.random() < 0.7:
                history.approve(order)
    compare()
    assert open_kinds() == {}, list(Difference.objects.values_list("kind", "facts"))


def wipe(source: str) -> str:
    """Return the statements that take a journal out of the books."""
    return f"""
        DELETE FROM books_entry WHERE journal_id IN
            (SELECT id FROM books_journal WHERE source = '{source}');
        DELETE FROM books_journal WHERE source = '{source}'"""


# What is done to one paid order (`{order}`, `{tender}`, `{document}` are its keys), and what must
# then be found of it.
BROKEN = {
    "Stripe does not have its payment": (
        """
        UPDATE payments_payment SET payment_intent = 'pi_gone', charge = 'ch_gone'
            WHERE order_id = {order};
        UPDATE orders_tender SET ref = 'pi_gone' WHERE order_id = {order}""",
        {K.MISSING_AT_STRIPE},
    ),
    "another amount": (
        """
        UPDATE payments_payment SET amount = amount + 1 WHERE order_id = {order};
        UPDATE orders_tender SET amount = amount + 1 WHERE order_id = {order};
        UPDATE orders_order SET paid_total = paid_total + 1, total = total + 1,
            subtotal = subtotal + 1 WHERE id = {order}""",
        # Its journals and its receipt do not fit any more, either.
        {K.AMOUNT_DIFFERS, K.MISPOSTED, K.DOCUMENT_MISSING},
    ),
    "another fee": (
        "UPDATE payments_payment SET fee = 0.01 WHERE order_id = {order}",
        {K.FEE_DIFFERS, K.MISPOSTED},
    ),
    "another currency": (
        "UPDATE payments_payment SET currency = 'USD' WHERE order_id = {order}",
        {K.CURRENCY_DIFFERS, K.MISPOSTED},
    ),
    "it did not take its money": (
        """
        DELETE FROM orders_tender WHERE order_id = {order};
        UPDATE orders_order SET paid_total = 0 WHERE id = {order}""",
        {K.ORDER_NOT_PAID, K.PAID_WITHOUT_MONEY, K.SOURCELESS},
    ),
    "a tender without a payment": (
        """
        INSERT INTO orders_tender (order_id, kind, ref, amount, currency, taken_by, taken_at)
            SELECT order_id, kind, 'pi_made_up', 1, currency, taken_by, taken_at
            FROM orders_tender WHERE order_id = {order}""",
        {K.PAID_WITHOUT_MONEY, K.SUMS_DIFFER, K.UNPOSTED},
    ),
    "a payment that nobody deals with": (
        "UPDATE payments_payment SET outcome = 'second_payment' WHERE order_id = {order}",
        {K.PAYMENT_UNRESOLVED, K.UNPOSTED},
    ),
    "it is not in the books": (wipe("tender:{tender}"), {K.UNPOSTED}),
    "it is wrong in the books": (
        """
        UPDATE books_entry SET amount = amount * 7 WHERE journal_id IN
            (SELECT id FROM books_journal WHERE source = 'tender:{tender}')""",
        {K.MISPOSTED},
    ),
    "its receipt is missing": (
        f"""{wipe("document:{document}")};
        DELETE FROM receipts_document WHERE id = {{document}}""",
        {K.DOCUMENT_MISSING},
    ),
    "it is over and its money is left": (
        f"""{wipe("document:{document}")};
        UPDATE orders_order SET status = 'collected' WHERE id = {{order}}""",
        {K.UNPOSTED, K.PREPAYMENT_LEFT},
    ),
    "nobody asked to give its money back": (
        """
        DELETE FROM payments_refundtransition WHERE subject_id IN
            (SELECT id FROM payments_refundrequest WHERE order_id = {order});
        DELETE FROM payments_refundrequest WHERE order_id = {order}""",
        {K.REFUND_NOT_ASKED},
    ),
    "nothing is wrong with it": ("SELECT 1", set()),
}


def test_whatever_is_wrong_with_an_order_is_found_and_nothing_else(history):
    paid = dict(zip(BROKEN, history.pay_each(len(BROKEN)), strict=True))
    cancel(paid["nobody asked to give its money back"])
    history.drain()
    for name, (statement, _) in BROKEN.items():
        order = paid[name]
        keys = {
            "order": order.pk,
            "tender": order.tenders.get().pk,
            "document": order.documents.get().pk,
        }
        history.break_into(statement.format(**keys))
    history.break_into(
        "INSERT INTO books_journal (source, booked_on, happened_at, recorded_at, text)"
        " SELECT 'by-hand:1', booked_on, happened_at, recorded_at, 'made up'"
        " FROM books_journal LIMIT 1"
    )
    compare()
    rows = list(Difference.objects.filter(state=DifferenceState.OPEN))
    found = {name: {r.kind for r in rows if r.order_id == paid[name].pk} for name in BROKEN}
    assert found == {name: set(map(str, kinds)) for name, (_, kinds) in BROKEN.items()}
    # Of no order: a journal made up, and the payment that Stripe has by another name.
    others = sorted(row.kind for row in rows if row.order_id is None)
    assert others == [K.SOURCELESS, K.UNKNOWN_TO_US]
    by_kind = {row.kind: row for row in rows}
    assert by_kind[K.MISSING_AT_STRIPE].facts["stripe"] == "nothing"
    assert by_kind[K.AMOUNT_DIFFERS].amount == -1
    missing = Difference.objects.get(kind=K.DOCUMENT_MISSING, order=paid["its receipt is missing"])
    assert missing.amount == paid["its receipt is missing"].total
    assert all("should be" in row.facts for row in rows if row.kind == K.MISPOSTED)
    tender = paid["it is not in the books"].tenders.get().pk
    unposted = Difference.objects.get(key=f"tender:{tender}", kind=K.UNPOSTED)
    services.post_missing(at=clock.now(), whole=True)
    compare()
    unposted.refresh_from_db()
    assert unposted.state == DifferenceState.GONE
    # Now that nothing is missing, accounts are compared: that of Stripe is off.
    assert open_kinds()[K.BALANCE_DIFFERS] == 1


def test_a_payment_that_only_stripe_has_is_found_and_recorded_by_checking_it_again(history):
    history.pay()
    lost = place_now()
    pay_at_stripe(history.sandbox, lost)
    history.keep_quiet()
    compare()
    row = only(K.UNKNOWN_TO_US)
    assert row.facts["whose"] == "made on this shop's payment pages"
    services.recheck_difference(
        difference_id=row.pk, at=clock.now() + timedelta(hours=2), by="user:1"
    )
    assert Payment.objects.filter(order=lost).count() == 1
    history.drain()
    services.post_missing(at=clock.now(), whole=True)
    services.recheck_difference(
        difference_id=row.pk, at=clock.now() + timedelta(hours=2), by="user:1"
    )
    row.refresh_from_db()
    assert row.state == DifferenceState.GONE
    assert open_kinds() == {}


def test_a_refund_in_stripes_dashboard(history, settings):
    order = history.pay()
    reply = requests.post(
        f"{history.sandbox.stripe.url}/v1/refunds",
        data={"payment_intent": order.payments.get().payment_intent, "amount": 500},
        auth=(settings.STRIPE_SECRET_KEY, ""),
        timeout=60,
    )
    assert reply.status_code == 200, reply.text
    history.keep_quiet()
    compare()
    row = only(K.UNKNOWN_TO_US)
    services.recheck_difference(difference_id=row.pk, at=clock.now(), by="user:1")
    history.drain()
    services.post_missing(at=clock.now(), whole=True)
    compare()
    row.refresh_from_db()
    assert row.state == DifferenceState.GONE
    assert K.REFUND_UNASKED in open_kinds()
    assert Refund.objects.get().request is None


def test_a_refund_that_is_stuck(history):
    order = history.pay()
    history.sandbox.stripe.add_fault("status", path="/v1/refunds", method="POST", times=50)
    history.sandbox.stripe.add_fault("status", path="*refunds*", method="POST", times=50)
    cancel_order(order_id=order.pk, actor="user:1", reason="called off", at=clock.now())
    history.drain()
    history.approve(order)
    compare()
    assert K.REFUND_STUCK not in open_kinds()
    compare(hours=26, days=3)
    assert open_kinds()[K.REFUND_STUCK] == 1


def test_a_dispute_whose_money_is_not_recorded(history):
    order = history.pay()
    history.dispute(order)
    history.break_into(
        "DELETE FROM payments_disputemove",
        "DELETE FROM books_entry WHERE journal_id IN"
        " (SELECT id FROM books_journal WHERE source LIKE 'dispute-move:%')",
        "DELETE FROM books_journal WHERE source LIKE 'dispute-move:%'",
    )
    compare()
    assert open_kinds() == {K.DISPUTE_UNBOOKED: 1, K.UNKNOWN_TO_US: 1}
    row = Difference.objects.get(kind=K.UNKNOWN_TO_US)
    services.recheck_difference(difference_id=row.pk, at=clock.now(), by="user:1")
    history.drain()
    services.post_missing(at=clock.now(), whole=True)
    compare()
    assert open_kinds() == {}
    assert Dispute.objects.get().moves.count() == 1


def test_every_kind_is_explained_and_planted_here():
    assert set(WORDS) == set(DifferenceKind)
    told = Path(__file__).read_text()
    assert [kind.name for kind in DifferenceKind if f"K.{kind.name}" not in told] == []


def test_more_orders_take_no_more_statements(history):
    counts = []
    for more in (1, 3):
        history.pay_each(more)
        compare()
        with CaptureQueriesContext(connection) as queries:
            compare()
        counts.append(len(queries))
    assert counts[0] == counts[1] < 120


def test_a_difference_is_told_once_and_stays_until_it_is_well(history):
    order = history.pay()
    fee = order.payments.get().fee
    history.break_into(f"UPDATE payments_payment SET fee = 0.01 WHERE order_id = {order.pk}")
    assert compare().new >= 1
    known = open_kinds()
    assert known[K.FEE_DIFFERS] == 1
    assert compare().new == 0
    assert Alert.objects.filter(key__startswith="books:differences:").count() == 1
    # Stripe that is down says nothing of what it was asked before.
    history.sandbox.stripe.add_fault("status", path="*balance_transactions*", times=50)
    run = compare()
    assert run.problem
    assert run.ended_at is not None
    assert open_kinds() == known
    history.sandbox.stripe.clear_faults()
    # Older days are looked at for as long as something is wrong with them.
    history.break_into(f"UPDATE payments_payment SET fee = {fee} WHERE order_id = {order.pk}")
    at = clock.now() + timedelta(days=40)
    last = clock.shop_date(at)
    services.reconcile(first_day=last - timedelta(days=7), last_day=last, at=at)
    assert open_kinds() == {}


def test_the_night_compares_once_and_a_day_without_is_told(drain_outbox, sandbox):
    night = clock.start_of_shop_day(clock.shop_date(clock.now())) - timedelta(days=1)
    assert services.reconcile_if_due(at=night + timedelta(hours=2)) is None
    assert services.reconcile_if_due(at=night + timedelta(hours=3)) is not None
    assert services.reconcile_if_due(at=night + timedelta(hours=4)) is None
    assert Reconciliation.objects.count() == 1
    assert not services.watch_reconciliation(at=night + timedelta(hours=28))
    assert services.watch_reconciliation(at=night + timedelta(hours=30))
    drain_outbox()
