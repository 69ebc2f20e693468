"""Disputes on the desk: the console's pages and the staff API."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.selectors import order_flags
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Dispute, DisputeMove, FraudWarning, Payment
from apps.payments.services import dispute_news, evidence
from bakery.kernel import clock, outbox
from bakery.kernel.models import AuditEntry
from tests.accounts.people import api, log_in
from tests.accounts.people import browser as make_browser
from tests.accounts.people import staff as make_staff
from tests.payments.factories import deliver, events_of, pay_at_stripe, place_now

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
LIST = "/console/payments/dispute/"
WARNINGS = "/console/payments/fraudwarning/"


@pytest.fixture
def manager():
    return make_browser(make_staff("manager"), verified=True)


@pytest.fixture
def dispute(sandbox, client, monkeypatch) -> Dispute:
    """A dispute that Stripe knows, its evidence frozen."""
    monkeypatch.setattr(evidence, "draw_page", lambda **_: b"%PDF-")
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, "checkout.session.completed"))
    outbox.drain(outbox.CRITICAL)
    stripe_id = sandbox.stripe.open_dispute(session=session_id)["id"]
    dispute_news.learn_dispute(dispute_id=stripe_id, at=clock.now())
    found = Dispute.objects.get()
    services.freeze_evidence(dispute_id=found.pk, at=clock.now())
    return found


def page(dispute: Dispute, name: str = "change/") -> str:
    return f"{LIST}{dispute.pk}/{name}"


def make_row(number: int) -> Dispute:
    """A dispute that only the database knows."""
    order = place_now()
    at = clock.now()
    attempt = CheckoutAttempt.objects.create(
        order=order,
        number=1,
        idempotency_key=f"key-{number}",
        amount=order.total,
        currency="CAD",
        planned_at=at,
        expires_at=at,
    )
    payment = Payment.objects.create(
        order=order,
        attempt=attempt,
        payment_intent=f"pi_{number}",
        amount=order.total,
        currency="CAD",
        outcome="confirmed",
        recorded_at=at,
    )
    FraudWarning.objects.create(
        stripe_id=f"issfr_{number}", payment=payment, fraud_type="misc", recorded_at=at
    )
    dispute = Dispute.objects.create(
        stripe_id=f"du_{number}",
        payment=payment,
        order=order,
        amount=order.total,
        currency="CAD",
        reason="fraudulent",
        status="needs_response",
        due_by=at + timedelta(days=number),
        opened_at=at,
    )
    DisputeMove.objects.create(
        dispute=dispute,
        kind="withdrawn",
        balance_transaction=f"txn_{number}",
        amount=-order.total,
        currency="CAD",
        recorded_at=at,
    )
    return dispute


@pytest.mark.parametrize("address", [LIST, WARNINGS, "/api/v1/staff/disputes"])
def test_lists_cost_the_same_at_one_row_and_at_three(address):
    user = make_staff("manager")
    visitor = make_browser(user, verified=True)
    if address.startswith("/api"):
        visitor = api(log_in(user).access)
    counts = []
    make_row(1)
    visitor.get(address)
    for numbers in ((2, 3), ()):
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(address).status_code == 200
        counts.append(len(queries))
        for number in numbers:
            make_row(number)
    assert counts[0] == counts[1]


def test_the_most_urgent_comes_first_with_its_countdown(manager):
    late, soon, won = make_row(9), make_row(2), make_row(1)
    Dispute.objects.filter(pk=won.pk).update(status="won")
    text = manager.get(LIST).content.decode()
    numbers = [row.order.number for row in (soon, late, won)]
    assert sorted(numbers, key=text.index) == numbers
    assert '<span class="flag flag-warn">1 day left</span>' in text
    assert '<span class="flag flag-draft">8 days left</span>' in text
    assert manager.get(LIST, {"q": "B-"}).status_code == 200
    assert manager.get(LIST, {"status__in": "needs_response"}).status_code == 200


def test_a_dispute_is_answered_once_from_its_page(manager, dispute):
    text = manager.get(page(dispute)).content.decode()
    assert "6 days left" in text
    assert "summary.pdf" in text
    form = manager.get(page(dispute, "answer/"))
    assert dispute.order.customer_name in form.content.decode()
    given = {"customer_name": "Ada Byron", "uncategorized_text": "She came herself."}
    kept = manager.post(page(dispute, "answer/"), {**given, "keep": "1"})
    assert kept.status_code == 303
    dispute.refresh_from_db()
    assert (dispute.answer, dispute.submitted_at) == (given, None)
    unconfirmed = manager.post(page(dispute, "answer/"), {**given, "send": "1"})
    assert unconfirmed.status_code == 400
    assert "She came herself." in unconfirmed.content.decode()
    sent = manager.post(page(dispute, "answer/"), {**given, "send": "1", "confirmed": "on"})
    assert sent.status_code == 303
    dispute.refresh_from_db()
    assert dispute.status == "under_review"
    again = manager.post(page(dispute, "answer/"), {**given, "send": "1", "confirmed": "on"})
    assert again.status_code == 409
    assert "one answer" in again.content.decode()
    assert manager.get(page(dispute, "answer/")).status_code == 409
    assert "She came herself." in manager.get(page(dispute)).content.decode()


def test_what_stripe_refuses_is_shown_and_nothing_is_lost(manager, dispute, sandbox):
    sandbox.stripe.add_fault("status", status=400, method="POST", path="/v1/disputes/*", times=1)
    given = {"uncategorized_text": "She came herself.", "send": "1", "confirmed": "on"}
    reply = manager.post(page(dispute, "answer/"), given)
    assert reply.status_code == 409
    text = reply.content.decode()
    assert "Stripe did not take it" in text
    assert "She came herself." in text


def test_a_loss_is_accepted_after_a_word(manager, dispute):
    assert manager.get(page(dispute, "accept/")).status_code == 200
    assert manager.post(page(dispute, "accept/"), {}).status_code == 400
    assert manager.post(page(dispute, "accept/"), {"confirmed": "on"}).status_code == 303
    dispute.refresh_from_db()
    assert dispute.status == "lost"
    assert "payment lost to a dispute" in manager.get(page(dispute)).content.decode()
    assert manager.get(page(dispute, "accept/")).status_code == 409


def test_the_pack_is_one_click_and_noted(manager, dispute):
    reply = manager.get(page(dispute, "evidence.zip"))
    assert reply.headers["Content-Disposition"] == (
        f'attachment; filename="evidence-{dispute.order.number}.zip"'
    )
    assert "no-store" in reply.headers["Cache-Control"]
    assert "summary.pdf" in zipfile.ZipFile(io.BytesIO(reply.content)).namelist()
    assert AuditEntry.objects.filter(action="payments.dispute.download").count() == 1
    proved = manager.post(page(dispute, "verify/"), follow=True)
    assert "Unchanged: all" in proved.content.decode()


def test_others_may_not_touch_a_dispute():
    dispute = make_row(1)
    visitor = make_browser(make_staff("cashier"), verified=True)
    for name in ("answer/", "accept/", "evidence.zip", "verify/"):
        assert visitor.get(page(dispute, name)).status_code == 403
        assert visitor.post(page(dispute, name)).status_code == 403


def test_an_old_code_is_not_enough():
    dispute = make_row(1)
    manager = make_browser(make_staff("manager"), verified=True)
    session = manager.session
    session["second_factor_at"] = int(clock.now().timestamp()) - 3600
    session.save()
    for name in ("answer/", "accept/", "evidence.zip"):
        reply = manager.get(page(dispute, name))
        assert reply.status_code == 302
        assert "/console/step-up/" in reply["Location"]


def test_nothing_is_changed_by_hand(manager):
    dispute = make_row(1)
    assert manager.get(f"{LIST}add/").status_code == 403
    assert manager.post(page(dispute), {"status": "won"}).status_code == 403
    assert manager.post(page(dispute, "delete/"), {"post": "yes"}).status_code == 403
    assert manager.get(f"{LIST}999999/change/").status_code == 404
    assert manager.get(f"{LIST}999999/answer/").status_code == 404


# ---- the staff API


@pytest.fixture
def desk():
    user = make_staff("manager")
    caller = api(log_in(user).access)
    caller.user = user
    return caller


def url(dispute: Dispute, action: str = "") -> str:
    return f"/api/v1/staff/disputes/{dispute.stripe_id}{action}"


def test_the_api_shows_and_answers_a_dispute(desk, dispute):
    rows = desk.get("/api/v1/staff/disputes", {"status": "needs_response"}).json()["results"]
    assert [row["id"] for row in rows] == [dispute.stripe_id]
    shown = desk.get(url(dispute)).json()
    assert (shown["amount"], shown["reason"], shown["order"]) == (
        str(dispute.amount),
        "fraudulent",
        dispute.order.number,
    )
    assert shown["money"][0]["amount"] == f"-{dispute.amount}"
    assert len(shown["evidence"]["sha256"]) == 64
    assert shown["prepared_answer"]["customer_name"] == dispute.order.customer_name
    given = {"answer": {"customer_name": "Ada"}}
    sent = desk.post(url(dispute, "/answer"), given, format="json")
    assert (sent.status_code, sent.json()["status"]) == (200, "under_review")
    again = desk.post(url(dispute, "/answer"), given, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_answered")
    pack = desk.get(url(dispute, "/evidence"))
    assert pack.headers["Content-Type"] == "application/zip"
    assert desk.get(url(dispute, "/evidence/proof")).json()["valid"] is True


def test_the_api_accepts_a_loss(desk, dispute):
    assert desk.post(url(dispute, "/accept")).json()["status"] == "lost"
    assert desk.post(url(dispute, "/accept")).status_code == 409


@pytest.mark.parametrize(
    ("given", "code_"),
    [
        ({"answer": {"receipt": "file_1"}}, "bad_answer"),
        ({"answer": {}}, "empty_answer"),
        ({"answer": {"customer_name": "a\x00"}}, None),
        ({"answer": {"customer_name": ["a"]}}, None),
        ({"answer": "no"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_bad_answers_are_refused(desk, given, code_):
    reply = desk.post(url(make_row(1), "/answer"), given, format="json")
    assert reply.status_code == 400
    assert code_ is None or reply.json()["error"]["code"] == code_


@pytest.mark.parametrize("stripe_id", ["du_none", "x" * 300, "du_%F0%9F%8D%B0", "1"])
def test_unknown_disputes_are_not_found(desk, stripe_id):
    assert desk.get(f"/api/v1/staff/disputes/{stripe_id}").status_code == 404


def test_bad_filters_are_refused(desk):
    assert desk.get("/api/v1/staff/disputes", {"status": "nonsense"}).status_code == 400


def test_dangerous_calls_need_a_fresh_code(desk, monkeypatch):
    dispute = make_row(1)
    monkeypatch.setattr("bakery.edge.access.second_factor_at", lambda request: None)
    for reply in (
        desk.post(url(dispute, "/answer"), {"answer": {"customer_name": "A"}}, format="json"),
        desk.post(url(dispute, "/accept")),
        desk.get(url(dispute, "/evidence")),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "step_up_required")


@pytest.mark.parametrize(
    ("statuses", "flags"),
    [
        ((), []),
        (("won",), []),
        (("warning_closed",), []),
        (("warning_needs_response",), [("The bank asks about the payment", False)]),
        (("under_review",), [("Payment disputed", True)]),
        (("lost", "won"), [("Payment lost to a dispute", True)]),
        (
            ("lost", "needs_response"),
            [("Payment lost to a dispute", True), ("Payment disputed", True)],
        ),
    ],
)
def test_an_order_says_on_top_that_its_payment_is_disputed(manager, statuses, flags):
    payment, order = make_row(0).payment, place_now()
    for number, status in enumerate(statuses):
        Dispute.objects.create(
            stripe_id=f"du_flag_{number}",
            payment=payment,
            order=order,
            amount=order.total,
            currency="CAD",
            reason="fraudulent",
            status=status,
            opened_at=clock.now(),
        )
    assert [(flag.label, flag.is_bad) for flag in order_flags(order.pk)] == flags
    shown = manager.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    top = shown[shown.index('class="order-flags"') :].split("</p>")[0]
    assert [label for label, _ in flags if f"{label}</span>" not in top] == []
    assert ("isput" in top) == any(bad for _, bad in flags)


def test_who_may_only_look_is_not_told_what_the_answer_says_of_the_customer(dispute):
    looker = make_staff("kitchen")
    only = Permission.objects.get(codename="view_dispute", content_type__app_label="payments")
    looker.user_permissions.add(only)
    address = f"/api/v1/staff/disputes/{dispute.stripe_id}"
    seen = api(log_in(looker).access).get(address)
    assert (seen.status_code, seen.json()["prepared_answer"]) == (200, {})
    assert dispute.order.customer_email not in seen.content.decode()
    told = api(log_in(make_staff("manager")).access).get(address)
    assert told.json()["prepared_answer"]["customer_email_address"] == dispute.order.customer_email
