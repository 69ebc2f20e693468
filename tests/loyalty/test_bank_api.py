"""Points and gift cards over HTTP, for customers and staff."""

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.loyalty import selectors, services
from apps.loyalty.models import GiftCard, PointsMove, Referral
from bakery.kernel import clock
from bakery.kernel.models import IdempotencyKey
from tests.accounts import people
from tests.loyalty.members import earn, issue, make_member, reserve, spend_of

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff/loyalty"


@pytest.fixture
def customer():
    return people.customer("nora@example.com")


@pytest.fixture
def api(customer):
    return people.api(people.log_in(customer).access)


@pytest.fixture
def manager():
    return people.api(people.log_in(people.staff("manager")).access)


def key() -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}


def code_of(reply) -> str:
    return reply.json()["error"]["code"]


def test_a_customer_reads_points_credit_and_the_invitation(api, customer):
    earn(customer, 40, at=clock.now())
    issue("12.00", user_id=customer.pk, at=clock.now())
    reply = api.get("/api/v1/loyalty")
    body = reply.json()
    assert (body["points"], body["worth"], body["next_expiry_points"]) == (40, "2.00", 40)
    assert [card["balance"] for card in body["store_credit"]] == ["12.00"]
    assert body["referral"]["link"].endswith(f"/r/{body['referral']['code']}/")
    assert "no-store" in reply["Cache-Control"]


def test_history_is_ones_own_in_pages(api, customer):
    other = make_member()
    earn(other, 5)
    for _ in range(3):
        earn(customer, 5)
    first = api.get("/api/v1/loyalty/history?page_size=2").json()
    rest = api.get(first["next"]).json()
    ids = [row["id"] for row in first["results"] + rest["results"]]
    assert ids == list(
        PointsMove.objects.filter(account_id=customer.pk)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )


def test_an_invitation_is_claimed_by_code_or_by_the_opened_link(api, customer):
    code = services.referral_code(user_id=make_member("rita@example.com").pk, at=clock.now())
    page = api.get(f"/r/{code.lower()}/")
    assert page.status_code == 200
    assert "100 points" in page.content.decode()
    reply = api.post("/api/v1/loyalty/referral", {})
    assert (reply.status_code, reply.json()) == (200, {"state": "pending", "points": 100})
    again = api.post("/api/v1/loyalty/referral", {"code": code})
    assert (again.status_code, code_of(again)) == (409, "referral_claimed")


def test_who_is_signed_in_claims_on_the_page(customer):
    code = services.referral_code(user_id=make_member("rita@example.com").pk, at=clock.now())
    browser = people.browser(customer)
    assert browser.post(f"/r/{code}/").url == "/shop/"
    assert Referral.objects.get().referred_id == customer.pk
    assert browser.post(f"/r/{code}/").url == f"/r/{code}/"


@pytest.mark.parametrize("code", ["ZZZZZZZZ", "x", "é" * 30, "A" * 300])
def test_an_unknown_invitation_is_not_found(client, code):
    assert client.get(f"/r/{code}/").status_code == 404


@pytest.mark.parametrize("code", [None, 7, "", "x", "A" * 101, "\x00" * 16, ["a"], {}])
def test_odd_codes_are_client_errors(api, code):
    for path in ("/api/v1/loyalty/referral", "/api/v1/gift-cards/balance"):
        assert api.post(path, {"code": code}).status_code == 400


def test_a_guest_asks_what_is_left_and_refusals_are_alike():
    card, spent = issue("20.00", at=clock.now()), issue("5.00", at=clock.now())
    reserve(spend_of(cards=[(card, "1.50")]), at=clock.now())
    reserve(spend_of(cards=[(spent, "5.00")]), at=clock.now())
    guest = people.api()

    def ask(code):
        return guest.post("/api/v1/gift-cards/balance", {"code": code})

    reply = ask(services.code_of(card=card))
    assert reply.json() == {
        "card": f"…{card.last4}", "balance": "18.50", "currency": "CAD", "expires_at": None,
    }  # fmt: skip
    refusals = [ask(services.code_of(card=spent)), ask("0000-0000-0000-0000"), ask("nothing")]
    bodies = [{**r.json(), "request_id": ""} for r in refusals]
    assert [r.status_code for r in refusals] == [400] * 3
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["error"]["code"] == "code_refused"


def test_guessing_codes_is_slowed_down(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code": "3/minute"}
    guest = people.api()
    statuses = [
        guest.post("/api/v1/gift-cards/balance", {"code": "wrong"}).status_code for _ in range(4)
    ]
    assert statuses == [400, 400, 400, 429]


# --- staff ---------------------------------------------------------------------------------------


def test_staff_find_and_adjust_points_once_for_a_key(manager, customer):
    once = key()
    for _ in range(2):
        reply = manager.post(
            f"{STAFF}/accounts/{customer.pk}/adjust", {"points": 30, "reason": "late"}, **once
        )
        assert (reply.status_code, reply.json()["balance"]) == (200, 30)
    (found,) = manager.get(f"{STAFF}/accounts?search=NORA").json()["results"]
    assert (found["user_id"], found["email"]) == (customer.pk, "nora@example.com")
    page = manager.get(f"{STAFF}/accounts/{customer.pk}").json()
    assert [lot["remaining"] for lot in page["lots"]] == [30]
    assert page["moves"][0]["note"] == "late"
    assert manager.get(f"{STAFF}/accounts?search=%00").status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"points": -1, "reason": "x"}, 409, "points_short"),
        ({"points": 0, "reason": "x"}, 400, "bad_points"),
        ({"points": 10**30, "reason": "x"}, 400, "invalid"),
        ({"points": "5", "reason": "x"}, 400, "invalid"),
        ({"points": 5}, 400, "invalid"),
    ],
)
def test_bad_adjustments_are_refused(manager, customer, body, status, code):
    reply = manager.post(f"{STAFF}/accounts/{customer.pk}/adjust", body, **key())
    assert (reply.status_code, code_of(reply)) == (status, code)


def test_unknown_accounts_and_cards_are_not_found(manager):
    reason = {"reason": "x"}
    assert manager.get(f"{STAFF}/accounts/999999999999").status_code == 404
    paths = [
        f"{STAFF}/accounts/{10**15}/adjust",
        f"{STAFF}/gift-cards/{10**15}/block",
        f"{STAFF}/gift-cards/{10**30}/block",
        f"{STAFF}/gift-cards/1/melt",
    ]
    for path in paths:
        reply = manager.post(path, {**reason, "points": 1}, **key())
        assert reply.status_code == 404, path


def test_a_card_is_issued_once_for_a_key_and_its_code_is_kept_nowhere(manager):
    once = key()
    body = {"amount": "50.00", "note": "prize"}
    first, again = (
        manager.post(f"{STAFF}/gift-cards/issue", body, **once).json() for _ in range(2)
    )
    assert first == again
    assert GiftCard.objects.count() == 1
    code = first["code"]
    found = selectors.gift_card_by_code(code, at=clock.now())
    assert found.balance == Decimal(50)
    kept = str(list(IdempotencyKey.objects.values())) + str(list(GiftCard.objects.values()))
    assert code.replace("-", "") not in kept.replace("-", "")
    (listed,) = manager.get(f"{STAFF}/gift-cards").json()["results"]
    assert "code" not in listed


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "0"},
        {"amount": "500.01"},
        {"amount": "1e300"},
        {"amount": "NaN"},
        {"amount": "1.005"},
        {},
        {"amount": "5", "recipient_email": "nobody"},
        {"amount": "5", "expires_on": "2001-01-01"},
        {"amount": "5", "expires_on": "9999-12-31"},
        {"amount": "5", "user_id": "7"},
    ],
)
def test_bad_cards_are_refused(manager, body):
    reply = manager.post(f"{STAFF}/gift-cards/issue", body, **key())
    assert reply.status_code == 400
    assert not GiftCard.objects.exists()


def test_issuing_needs_a_key_and_a_fresh_code(manager):
    reply = manager.post(f"{STAFF}/gift-cards/issue", {"amount": "5.00"})
    assert (reply.status_code, code_of(reply)) == (400, "idempotency_key_required")


def test_staff_block_and_free_a_card(manager):
    card = issue(at=clock.now())
    path = f"{STAFF}/gift-cards/{card.pk}"
    assert manager.post(f"{path}/block", {"reason": "lost"}).json()["state"] == "blocked"
    reply = manager.post(f"{path}/block", {"reason": "lost"})
    assert (reply.status_code, code_of(reply)) == (409, "illegal_transition")
    assert manager.post(f"{path}/unblock", {"reason": "found"}).json()["state"] == "active"


def test_staff_decide_on_what_was_held(manager):
    referrer = make_member(phone="+14165550111")
    code = services.referral_code(user_id=referrer.pk, at=clock.now())
    new = make_member(phone="+14165550111", at=clock.now())
    services.claim_referral(user_id=new.pk, code=code, address="192.0.2.1", at=clock.now())
    (held,) = manager.get(f"{STAFF}/referrals").json()["results"]
    assert (held["state"], held["reason"]) == ("held", "same_phone")
    path = f"{STAFF}/referrals/{held['id']}/decide"
    reply = manager.post(path, {"accept": True, "reason": "one family"})
    assert reply.json()["state"] == "pending"
    assert manager.get(f"{STAFF}/referrals").json()["results"] == []
    assert len(manager.get(f"{STAFF}/referrals?state=all").json()["results"]) == 1
    assert manager.get(f"{STAFF}/referrals?state=odd").status_code == 400
    assert manager.get(f"{STAFF}/differences").json() == []


def test_lists_take_the_same_queries_at_any_size(manager, django_assert_max_num_queries):
    for size in (1, 8):
        for _ in range(size):
            member = make_member()
            earn(member, 5)
            issue(user_id=member.pk)
        for path in ("accounts", "gift-cards"):
            with django_assert_max_num_queries(5):
                assert manager.get(f"{STAFF}/{path}").status_code == 200
