"""Refunds over the API: staff and customers, through the services that the pages use."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import RefreshFamily
from apps.orders.models import Order
from apps.payments.models import RefundRequest
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.payments.factories import place_now
from tests.payments.refund_cases import amount, ask, paid_order

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff/refunds"


@pytest.fixture
def order(sandbox):
    return paid_order(sandbox)


def staff_api(role: str, email: str | None = None):
    user = people.staff(role, email=email)
    return user, people.api(people.log_in(user).access)


def of_order(order) -> str:
    return f"/api/v1/staff/orders/{order.public_id}/refunds"


def own(order) -> str:
    return f"/api/v1/orders/{order.public_id}/refund-requests"


def send(api, address, body, key=None):
    return api.post(address, body, format="json", headers={"Idempotency-Key": key or uuid4().hex})


def pieces(quantity=1, position=1, **more):
    return {"lines": [{"position": position, "quantity": quantity}], **more}


WHY = {"reason": "goods", "explanation": "The cream had turned."}


def test_one_asks_and_another_approves(order):
    cashier, till = staff_api("cashier")
    _, boss = staff_api("administrator")
    seen = till.post(f"{of_order(order)}/preview", pieces(2), format="json").json()
    assert (seen["amount"], seen["left"]["amount_left"]) == ("24.00", "36.00")
    assert seen["ways"] == [{"way": "stripe", "amount": "24.00"}]
    key = uuid4().hex
    replies = [send(till, of_order(order), pieces(2, **WHY), key) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[1].headers["Idempotent-Replayed"] == "true"
    row = RefundRequest.objects.get()
    assert row.requested_by == f"user:{cashier.pk}"
    assert replies[0].json()["refundable"]["amount_left"] == "12.00"
    found = boss.get(STAFF, {"status": "awaiting_approval", "number": order.number}).json()
    assert [one["id"] for one in found["results"]] == [str(row.public_id)]
    done = boss.post(f"{STAFF}/{row.public_id}/approve", {"lower_to": "20.00"}, format="json")
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    assert done.json()["amount"] == "20.00"
    assert [move["new"] for move in done.json()["history"]] == ["approved"]
    again = boss.post(f"{STAFF}/{row.public_id}/approve", {}, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_transition")
    assert done.headers["Cache-Control"] == "no-store"


def test_approval_is_for_a_second_person_with_a_fresh_code(order):
    user, boss = staff_api("administrator")
    row = ask(order, by=f"user:{user.pk}")
    reply = boss.post(f"{STAFF}/{row.public_id}/approve", {}, format="json")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "own_request")
    assert AuditEntry.objects.filter(action="refund.approve_own_refused").count() == 1
    RefreshFamily.objects.update(otp_at=clock.now() - timedelta(hours=1))
    family = RefreshFamily.objects.get()
    from apps.accounts.adapters.signing import sign_access

    stale = people.api(
        sign_access(
            user_id=user.pk,
            token_version=user.token_version,
            family=family.pk,
            otp_at=family.otp_at,
            at=clock.now(),
        )
    )
    reply = stale.post(f"{STAFF}/{row.public_id}/approve", {}, format="json")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "step_up_required")
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_rejecting_withdrawing_and_giving_back(order):
    user, boss = staff_api("administrator")
    rows = [ask(order, reference=f"r-{number}") for number in range(2)]
    mine = ask(order, reference="mine", by=f"user:{user.pk}")
    nothing = boss.post(f"{STAFF}/{rows[0].public_id}/reject", {"note": " "}, format="json")
    assert nothing.status_code == 400
    rejected = boss.post(
        f"{STAFF}/{rows[0].public_id}/reject", {"note": "It was eaten."}, format="json"
    )
    assert rejected.json()["decision_note"] == "It was eaten."
    foreign = boss.post(f"{STAFF}/{rows[1].public_id}/withdraw")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "not_yours")
    assert boss.post(f"{STAFF}/{mine.public_id}/withdraw").json()["status"] == "withdrawn"
    for action, body in (("retry", {}), ("give-back", {"till": "cash", "how_ref": "slip 7"})):
        reply = boss.post(f"{STAFF}/{rows[1].public_id}/{action}", body, format="json")
        assert reply.status_code == 409, action
    unknown = boss.post(f"{STAFF}/{uuid4()}/reject", {"note": "x"}, format="json")
    assert unknown.json()["error"]["code"] == "refund_not_found"


STAFF_NONSENSE = [
    {},
    [],
    pieces(0),
    pieces(-1),
    pieces("1"),
    pieces(1.5),
    pieces(True),
    pieces(4),
    pieces(10**30),
    pieces(position=99),
    pieces(position="1"),
    {"lines": [{"position": 1, "quantity": 1}] * 2},
    {"lines": "1"},
    {"lines": [1]},
    {"amount": "0"},
    {"amount": "-5.00"},
    {"amount": "NaN"},
    {"amount": "1e400"},
    {"amount": "0.001"},
    {"amount": "99999999999"},
    {"amount": [5]},
    {**pieces(1), "amount": "5.00"},
    {"amount": "5.00", "reason": "order_cancelled"},
    {"amount": "5.00", "reason": 1},
    {"amount": "5.00", "explanation": ""},
    {"amount": "5.00", "explanation": 5},
    {"amount": "5.00", "explanation": "a\0b"},
    {"amount": "5.00", "explanation": "x" * 1001},
    {"amount": "5.00", "goods_back": True},
]


def test_nonsense_is_a_clear_refusal_and_asks_for_nothing(order):
    _, manager = staff_api("manager")
    for body in STAFF_NONSENSE:
        given = {**WHY, **body} if isinstance(body, dict) else body
        reply = send(manager, of_order(order), given)
        assert reply.status_code == 400, (body, reply.content)
        assert reply.json()["error"]["code"], body
    assert send(manager, of_order(order), {**WHY, "amount": "99.00"}).status_code == 409
    bare = manager.post(of_order(order), {**WHY, "amount": "5.00"}, format="json")
    assert bare.json()["error"]["code"] == "idempotency_key_required"
    unknown = f"/api/v1/staff/orders/{uuid4()}/refunds"
    assert send(manager, unknown, {**WHY, "amount": "5.00"}).status_code == 404
    for query in ({"status": "x"}, {"way": "x"}, {"reason": "\0"}, {"number": "x" * 99}):
        assert manager.get(STAFF, query).status_code == 400, query
    assert manager.get(STAFF, {"number": "B-NOWHERE"}).json()["results"] == []
    assert RefundRequest.objects.count() == 0


def test_an_approval_below_nothing_or_above_all_is_refused(order):
    _, boss = staff_api("administrator")
    row = ask(order)
    for nonsense in ("0", "-1", "12.01", "NaN", "1e400", "0.001", [], "x"):
        body = {"lower_to": nonsense}
        reply = boss.post(f"{STAFF}/{row.public_id}/approve", body, format="json")
        assert reply.status_code == 400, nonsense
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_nothing_is_taken_from_the_body_that_was_not_asked(order):
    _, manager = staff_api("manager")
    extra = {
        "status": "succeeded",
        "requested_by": "user:1",
        "way": "gift_card",
        "currency": "USD",
        "decided_by": "user:2",
        "public_id": str(uuid4()),
    }
    assert send(manager, of_order(order), pieces(1, **WHY, **extra)).status_code == 201
    row = RefundRequest.objects.get()
    assert (row.status, row.way, row.currency) == ("awaiting_approval", "stripe", "CAD")
    assert row.requested_by.startswith("user:")
    assert row.requested_by not in ("user:1", "user:2") or row.decided_by == ""


def test_lists_cost_the_same_at_one_request_and_at_three(order):
    _, manager = staff_api("manager")
    counts = []
    for number in range(2):
        for more in range(2 * number + 1):
            ask(order, reference=f"r-{number}-{more}", amount=amount("1"), reason="goodwill")
        with CaptureQueriesContext(connection) as queries:
            assert len(manager.get(STAFF).json()["results"]) in (1, 4)
            assert manager.get(of_order(order)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_guest_asks_by_the_orders_id_follows_and_takes_it_back(order):
    guest = people.api()
    seen = guest.post(f"{own(order)}/preview", pieces(1), format="json").json()
    assert seen["amount"] == "12.00"
    key = uuid4().hex
    body = pieces(1, explanation="The cream had turned.")
    replies = [send(guest, own(order), body, key) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    row = RefundRequest.objects.get()
    assert (row.requested_by, row.reason, row.amount) == ("customer", "goods", 12)
    shown = guest.get(own(order)).json()
    assert [one["id"] for one in shown["refunds"]] == [str(row.public_id)]
    assert shown["refunds"][0]["told"].startswith("Waiting for approval")
    assert shown["refusal"] is None
    taken = guest.post(f"{own(order)}/{row.public_id}/withdraw").json()
    assert taken["refunds"][0]["status"] == "withdrawn"
    again = guest.post(f"{own(order)}/{row.public_id}/withdraw")
    assert again.status_code == 409


def test_a_customer_learns_nothing_of_what_colleagues_only_propose(order):
    guest = people.api()
    row = ask(order, by="user:7", explanation="He complains a lot.", reason="goodwill")
    assert guest.get(own(order)).json()["refunds"] == []
    withdrawn = guest.post(f"{own(order)}/{row.public_id}/withdraw")
    assert withdrawn.json()["error"]["code"] == "not_yours"
    RefundRequest.objects.filter(pk=row.pk).update(status="approved")
    shown = guest.get(own(order))
    assert shown.json()["refunds"][0]["status"] == "approved"
    assert b"complains" not in shown.content


def test_strangers_cannot_ask_for_refunds_of_an_account(order, sandbox):
    owner, other = people.customer(), people.customer("eve@example.com")
    Order.objects.filter(pk=order.pk).update(user=owner)
    body = pieces(1, explanation="mine")
    _, boss = staff_api("administrator")
    for stranger in (people.api(), people.api(people.log_in(other).access), boss):
        assert stranger.get(own(order)).status_code == 404
        assert send(stranger, own(order), body).status_code == 404
        assert stranger.post(f"{own(order)}/preview", body, format="json").status_code == 404
    mine = people.api(people.log_in(owner).access)
    assert send(mine, own(order), body).status_code == 201
    row = RefundRequest.objects.get()
    elsewhere = place_now()
    foreign = f"{own(elsewhere)}/{row.public_id}/withdraw"
    assert people.api().post(foreign).json()["error"]["code"] == "refund_not_found"


def test_customers_ask_for_so_many_days_and_only_for_what_was_sold(order, settings):
    guest = people.api()
    body = pieces(1, explanation="The cream had turned.")
    for nonsense in (
        {},
        {"lines": []},
        pieces(4),
        pieces(1, explanation=" "),
        {**body, "lines": 1},
    ):
        given = {"explanation": "x", **nonsense}
        assert send(guest, own(order), given).status_code == 400, nonsense
    # What staff may ask for, an amount, customers may not.
    assert send(guest, own(order), {"amount": "36.00", "explanation": "x"}).status_code == 400
    unpaid = place_now()
    reply = send(guest, own(unpaid), body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_refundable")
    assert guest.get(own(unpaid)).json()["refundable"] is None
    past = clock.now() - timedelta(days=settings.REFUND_REQUEST_DAYS, minutes=1)
    Order.objects.filter(pk=order.pk).update(
        pickup_starts_at=past - timedelta(hours=1), pickup_ends_at=past
    )
    reply = send(guest, own(order), body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "too_late")
    assert RefundRequest.objects.count() == 0


def test_asking_is_throttled(order, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "refund": "2/hour"}
    guest = people.api()
    replies = [
        guest.post(f"{own(order)}/preview", pieces(1), format="json").status_code for _ in range(3)
    ]
    assert replies == [200, 200, 429]
