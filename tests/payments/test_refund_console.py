"""Refunds in the console: asked for by one person, decided by another, each through a service."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.books.selectors import account_balance
from apps.books.services import post_missing
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.selectors import drawer_sheet
from apps.payments.models import Dispute, Payment, Refund, RefundRequest
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.payments.factories import place_now
from tests.payments.refund_cases import ask, paid_order, staff, without_fresh_code

pytestmark = pytest.mark.django_db
LIST = "/console/payments/refundrequest/"
DRAWER = "/console/orders/handover/drawer/"


@pytest.fixture
def order(sandbox):
    return paid_order(sandbox)


@pytest.fixture
def boss():
    return staff("administrator")[1]


def move(row: RefundRequest, action: str) -> str:
    return f"{LIST}{row.public_id}/{action}/"


def form_of(order: Order) -> str:
    return f"{LIST}order/{order.pk}/"


def looked_at(browser, order, **typed):
    """Return the reply to a look and what the form would send then."""
    given = {
        "reason": "goods",
        "explanation": "The cream had turned.",
        "key": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
        **typed,
    }
    reply = browser.post(form_of(order), {**given, "look": "1"})
    context = reply.context or {}
    return reply, {**given, "expected": context.get("expected", ""), "confirm": "1"}


def text_of(reply) -> str:
    return " ".join(reply.content.decode().split())


def test_a_cashier_asks_for_pieces_and_withdraws(order):
    user, cashier = staff("cashier")
    page = cashier.get(f"/console/orders/order/{order.pk}/change/")
    assert form_of(order).encode() in page.content
    line = order.lines.get()
    reply, typed = looked_at(cashier, order, **{f"quantity-{line.position}": "1"})
    assert reply.status_code == 200
    assert reply.context["expected"] == "12.00"
    assert RefundRequest.objects.count() == 0
    for _ in range(2):
        assert cashier.post(form_of(order), typed).status_code == 303
    row = RefundRequest.objects.get()
    assert (row.amount, row.requested_by, row.reason) == (12, f"user:{user.pk}", "goods")
    assert row.lines[0]["quantity"] == 1
    assert move(row, "withdraw") in cashier.get(form_of(order)).content.decode()
    reply = cashier.post(move(row, "withdraw"), follow=True)
    assert reply.redirect_chain[0][0] == form_of(order)
    row.refresh_from_db()
    assert row.status == "withdrawn"


def test_an_amount_is_asked_for_with_its_tax_and_what_is_left(order):
    _, manager = staff("manager")
    reply, typed = looked_at(manager, order, amount="5", reason="goodwill")
    assert "would be left" in text_of(reply)
    assert manager.post(form_of(order), typed).status_code == 303
    row = RefundRequest.objects.get()
    assert (row.amount, row.lines, row.reason) == (Decimal("5.00"), [], "goodwill")


NONSENSE = [
    ({}, 400),
    ({"amount": "0"}, 400),
    ({"amount": "-1"}, 400),
    ({"amount": "NaN"}, 400),
    ({"amount": "Infinity"}, 400),
    ({"amount": "1e400"}, 400),
    ({"amount": "1E9"}, 400),
    ({"amount": "0.001"}, 400),
    ({"amount": "twelve"}, 400),
    ({"amount": "1" * 30}, 400),
    ({"amount": "1\0"}, 400),
    ({"amount": "99999.00"}, 409),
    ({"quantity-1": "4"}, 400),
    ({"quantity-1": "-1"}, 400),
    ({"quantity-1": "1.5"}, 400),
    ({"quantity-1": "²"}, 400),
    ({"quantity-1": "9" * 40}, 400),
    ({"quantity-99": "1"}, 400),
    ({"quantity-1": "1", "amount": "5"}, 400),
    ({"amount": "5", "reason": "order_cancelled"}, 400),
    ({"amount": "5", "reason": "fraud_warning"}, 400),
    ({"amount": "5", "explanation": " "}, 400),
    ({"amount": "5", "explanation": "x" * 1001}, 400),
    ({"amount": "5", "explanation": "a\0b"}, 400),
    ({"amount": "5", "key": "1"}, 400),
    ({"amount": "5", "goods_back": "on"}, 400),
]


def test_nonsense_is_refused_and_what_was_typed_stays(order):
    _, manager = staff("manager")
    for typed, status in NONSENSE:
        reply, sent = looked_at(manager, order, **typed)
        # Whether the goods can come back is looked at when it is asked for.
        assert reply.status_code == (200 if "goods_back" in typed else status), typed
        assert "The cream had turned." in reply.content.decode() or "explanation" in typed
        assert manager.post(form_of(order), sent).status_code == status, typed
    assert RefundRequest.objects.count() == 0


def test_what_changed_since_it_was_looked_at_is_looked_at_again(order):
    _, manager = staff("manager")
    _, typed = looked_at(manager, order, amount="5")
    reply = manager.post(form_of(order), {**typed, "expected": "4.00"})
    assert reply.status_code == 409
    assert "another amount" in text_of(reply)
    assert RefundRequest.objects.count() == 0


def test_an_unpaid_order_has_nothing_to_give_back():
    _, manager = staff("manager")
    order = place_now()
    assert "Nothing of this order is left" in text_of(manager.get(form_of(order)))
    reply, _ = looked_at(manager, order, amount="5")
    assert reply.status_code == 409
    assert manager.get(f"{LIST}order/999999/").status_code == 404
    assert manager.get(f"{LIST}order/{10**18}9/").status_code == 404


def test_another_person_approves_and_the_money_goes_back(order, boss, drain_outbox):
    row = ask(order)
    page = boss.get(f"{LIST}{row.pk}/change/")
    assert move(row, "approve").encode() in page.content
    assert boss.get(move(row, "approve")).status_code == 200
    reply = boss.post(move(row, "approve"))
    assert reply.status_code == 303
    drain_outbox()
    row.refresh_from_db()
    assert row.status == "succeeded"
    gone = Refund.objects.get()
    assert (gone.amount, gone.payment.order_id) == (12, order.pk)
    order.refresh_from_db()
    assert (order.balance, order.credited_total) == (0, 12)
    shown = text_of(boss.get(f"{LIST}{row.pk}/change/"))
    assert gone.stripe_id in shown
    assert "given back" in shown


def test_only_a_part_can_be_approved(order, boss):
    row = ask(order, quantity=2)
    for nonsense in ("0", "-1", "NaN", "1e400", "24.01", "0.001", "x"):
        reply = boss.post(move(row, "approve"), {"lower_to": nonsense})
        assert reply.status_code == 400, nonsense
    assert boss.post(move(row, "approve"), {"lower_to": "20.00"}).status_code == 303
    row.refresh_from_db()
    assert (row.status, row.amount) == ("approved", 20)


def test_a_second_click_changes_nothing_and_says_so(order, boss):
    row = ask(order)
    assert boss.post(move(row, "approve")).status_code == 303
    for action in ("approve", "reject", "withdraw"):
        reply = boss.post(move(row, action), {"note": "late"})
        assert reply.status_code in (403, 409), action
        assert boss.get(move(row, action)).status_code == 409
    assert row.transitions.count() == 1


def test_nobody_approves_what_they_asked_for(order):
    user, boss = staff("administrator")
    row = ask(order, by=f"user:{user.pk}")
    page = boss.get(f"{LIST}{row.pk}/change/")
    assert move(row, "approve").encode() not in page.content
    assert "somebody else has to approve" in text_of(page)
    assert boss.get(move(row, "approve")).status_code == 403
    reply = boss.post(move(row, "approve"))
    assert reply.status_code == 403
    row.refresh_from_db()
    assert row.status == "awaiting_approval"
    assert AuditEntry.objects.filter(action="refund.approve_own_refused").count() == 1


def test_approval_needs_a_fresh_code(order):
    row = ask(order)
    stale = without_fresh_code(staff("administrator")[1])
    for reply in (stale.get(move(row, "approve")), stale.post(move(row, "approve"))):
        assert reply.status_code == 302
        assert reply.url == f"/console/step-up/?next={move(row, 'approve')}"
    row.refresh_from_db()
    assert row.status == "awaiting_approval"
    assert stale.post(move(row, "reject"), {"note": "No."}).status_code == 303


def test_who_may_not_approve_is_refused(order):
    row = ask(order)
    for role in ("kitchen", "decorator", "cashier", "manager"):
        _, visitor = staff(role)
        for action in ("approve", "reject", "retry"):
            assert visitor.post(move(row, action), {"note": "x"}).status_code == 403
        if role != "manager":
            assert (
                visitor.post(move(row, "give-back"), {"till": "cash", "how_ref": "1"}).status_code
                == 403
            )
        may_ask = role in ("cashier", "manager")
        assert visitor.get(form_of(order)).status_code == (200 if may_ask else 403)
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_a_rejection_needs_words_for_the_customer(order, boss):
    row = ask(order)
    for nothing in ("", "  ", "x" * 501, "a\0b"):
        assert boss.post(move(row, "reject"), {"note": nothing}).status_code == 400
    assert boss.post(move(row, "reject"), {"note": "It was eaten."}).status_code == 303
    row.refresh_from_db()
    assert (row.status, row.decision_note) == ("rejected", "It was eaten.")
    assert "It was eaten." in text_of(boss.get(f"{LIST}{row.pk}/change/"))


def test_money_of_the_counter_is_given_back_by_hand(order, boss):
    row = ask(order)
    assert (
        boss.post(move(row, "give-back"), {"till": "cash", "how_ref": "slip 7"}).status_code == 409
    )
    boss.post(move(row, "approve"))
    reply = boss.post(move(row, "give-back"), {"till": "cash", "how_ref": "slip 7"})
    assert reply.status_code == 409, "it goes back by itself"
    RefundRequest.objects.filter(pk=row.pk).update(way="by_hand")
    assert boss.post(move(row, "give-back"), {"till": "cash", "how_ref": ""}).status_code == 400
    assert boss.get(move(row, "give-back")).status_code == 200


def test_a_disputed_payment_says_so_and_is_not_refunded(order, boss):
    row = ask(order)
    Dispute.objects.create(
        stripe_id="dp_1",
        payment=row.payment,
        order=order,
        amount=row.payment.amount,
        currency="CAD",
        reason="fraudulent",
        status="needs_response",
        opened_at=clock.now(),
    )
    shown = text_of(boss.get(f"{LIST}{row.pk}/change/"))
    assert "Nothing is refunded meanwhile" in shown
    assert move(row, "approve") not in shown
    assert move(row, "reject") in shown
    reply = boss.post(move(row, "approve"))
    assert reply.status_code == 409
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_unknown_requests_and_moves_are_not_found(order, boss):
    row = ask(order)
    for address in (
        f"{LIST}00000000-0000-4000-8000-000000000000/approve/",
        move(row, "delete"),
        f"{LIST}999999/change/",
    ):
        assert boss.get(address).status_code in (302, 404)
        assert boss.post(address).status_code in (302, 404)
    assert boss.post(f"{LIST}{row.pk}/change/", {"amount": "1"}).status_code == 403


def test_what_waits_comes_first_and_is_counted(order, boss):
    first = ask(order, reference="r-1")
    boss.post(move(first, "reject"), {"note": "No."})
    ask(order, reference="r-2", amount=Decimal(3), reason="goodwill")
    reply = boss.get(LIST)
    statuses = [row.status for row in reply.context["cl"].result_list]
    assert statuses == ["awaiting_approval", "rejected"]
    assert reply.context["to_decide"] == 1
    assert "Carrot" in text_of(reply) or order.number in text_of(reply)
    for query in ({"status__exact": "rejected"}, {"q": order.number}, {"way__exact": "stripe"}):
        assert boss.get(LIST, query).status_code == 200


@pytest.mark.parametrize("name", ["refundrequest", "payment"])
def test_pages_cost_the_same_at_one_request_and_at_three(order, boss, name):
    row = ask(order, reference="r-0", amount=Decimal(1), reason="goodwill")
    key = row.pk if name == "refundrequest" else Payment.objects.get().pk
    counts = []
    for number in (1, 2):
        with CaptureQueriesContext(connection) as queries:
            page = boss.get(f"/console/payments/{name}/{key}/change/")
            assert page.status_code == 200
            assert boss.get(form_of(order)).status_code == 200
        counts.append(len(queries))
        for more in range(2):
            ask(order, reference=f"r-{number}-{more}", amount=Decimal(1), reason="goodwill")
    assert counts[0] == counts[1]


def test_the_payment_shows_what_went_back_of_it(order, boss, drain_outbox):
    row = ask(order)
    boss.post(move(row, "approve"))
    drain_outbox()
    payment = Payment.objects.get()
    shown = text_of(boss.get(f"/console/payments/payment/{payment.pk}/change/"))
    assert Refund.objects.get().stripe_id in shown
    assert form_of(order) in shown
    listed = text_of(boss.get("/console/payments/payment/"))
    assert "$12.00" in listed
    assert payment.recorded_at < clock.now() + timedelta(seconds=1)


def test_cash_is_written_down_once_when_it_was_handed_out(boss, drain_outbox):
    order = place_now(stock=9, quantity=2)
    at = clock.now()
    orders.take_tender(
        order_id=order.pk, kind="cash", amount=order.total, ref="1", actor="user:1", at=at
    )
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="x", at=at)
    drain_outbox()
    row = RefundRequest.objects.get()
    assert (row.way, row.status, row.requested_by) == ("by_hand", "awaiting_approval", "system")
    boss.post(move(row, "approve"))
    # Who takes the money out of the drawer need not be who agreed.
    _, manager = staff("manager")
    assert move(row, "give-back") in manager.get(f"{LIST}{row.pk}/change/").content.decode()
    replies = [
        manager.post(move(row, "give-back"), {"till": "cash", "how_ref": "receipt 12"})
        for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [303, 409]
    gone = Refund.objects.get()
    assert (gone.amount, gone.way, gone.given_by) == (order.total, "by_hand", row_giver(manager))
    assert gone.till == "cash"
    assert "receipt 12" in text_of(manager.get(f"{LIST}{row.pk}/change/"))


@pytest.mark.parametrize("till", ["cash", "terminal"])
def test_what_the_drawer_gave_back_is_taken_off_its_sum(boss, drain_outbox, till):
    order = place_now(stock=9, quantity=2)
    at = clock.now()
    cash = {"kind": "cash", "amount": order.total, "ref": "1", "actor": "user:1"}
    orders.take_tender(order_id=order.pk, **cash, at=at)
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="x", at=at)
    drain_outbox()
    row = RefundRequest.objects.get()
    boss.post(move(row, "approve"), {"lower_to": "6.00"})
    for wrong in ({}, {"till": ""}, {"till": "sock"}):
        assert boss.post(move(row, "give-back"), {"how_ref": "1", **wrong}).status_code == 400
    assert boss.post(move(row, "give-back"), {"till": till, "how_ref": "1"}).status_code == 303
    sheet = drawer_sheet(clock.shop_date(at))
    assert sheet.cash == order.total - (6 if till == "cash" else 0)
    assert [(given.kind, given.number, given.amount) for given in sheet.given] == [
        (till, order.number, 6)
    ]
    page = text_of(boss.get(DRAWER))
    assert "Given back" in page
    assert f"{order.number}</a>" in page
    assert "-$6.00" in page
    assert drawer_sheet(clock.shop_date(at) + timedelta(days=1)).given == ()
    post_missing(at=clock.now())
    account = {"cash": "1000", "terminal": "1010"}[till]
    paid = order.total if till == "cash" else 0
    assert account_balance(account) == paid - 6


def row_giver(browser) -> str:
    return f"user:{browser.session['_auth_user_id']}"
