"""The customer's side over the API: one address a request, and nothing of others."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.states import RequestStatus
from bakery.kernel import clock
from tests.accounts import people
from tests.custom_cakes.factories import design_data
from tests.custom_cakes.offers import approve
from tests.orders.factories import make_slot, on_open_day

pytestmark = pytest.mark.django_db
API = "/api/v1/custom-cakes"


def body(**values) -> dict:
    """Return a request as a client sends it."""
    wanted = clock.shop_date(on_open_day(30))
    make_slot(clock.start_of_shop_day(wanted) + timedelta(hours=11))
    return {
        "design": design_data(),
        "guests": 12,
        "wanted_on": wanted.isoformat(),
        "allergies": "",
        "inscription": "Zoë",
        "name": "Ada Byron",
        "email": "ada@example.com",
        **values,
    }


def send(client, data, *, key=None, **headers):
    """Post a request."""
    return client.post(
        API,
        data,
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid4().hex, **headers},
    )


def post(client, path, data=None):
    """Post JSON."""
    return client.post(path, data or {}, content_type="application/json")


def test_an_estimate_tells_a_range_and_no_costs_and_keeps_nothing(client):
    data = {name: body()[name] for name in ("design", "guests", "wanted_on")}
    found = post(client, f"{API}/estimate", {**data, "budget": "1.00", "guests": 4000})
    assert found.status_code == 200, found.json()
    row = found.json()
    assert float(row["low"]) <= float(row["high"])
    assert {note["code"] for note in row["notes"]} >= {"servings", "budget"}
    assert not any(
        word in found.content.decode().lower() for word in ("margin", "floor", "ingredient_cost")
    )
    assert not CakeRequest.objects.exists()


def test_a_request_is_sent_read_and_repeated(client):
    data, key = body(), uuid4().hex
    made = send(client, data, key=key)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert row["status"] == RequestStatus.PENDING_REVIEW
    assert row["pay_path"] == ""
    again = send(client, data, key=key)
    assert again.json()["token"] == row["token"]
    other = send(client, {**data, "guests": 13}, key=key)
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "idempotency_key_reused"
    read = client.get(f"{API}/{row['token']}")
    assert read.json()["number"] == row["number"]
    assert "ada@example.com" not in read.content.decode()
    assert read["Cache-Control"] == "no-store"


def code_of(response) -> str:
    """Return the stable code of a refusal."""
    return str(response.json()["error"]["code"])


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"guests": "12"}, "bad_number", "guests"),
        ({"guests": True}, "bad_number", "guests"),
        ({"guests": 0}, "out_of_range", "guests"),
        ({"budget": "NaN"}, "bad_amount", "budget"),
        ({"budget": "1e999999"}, "bad_amount", "budget"),
        ({"wanted_on": "tomorrow"}, "bad_day", "wanted_on"),
        ({"wanted_on": None}, "missing", "wanted_on"),
        ({"wanted_on": "2020-01-01"}, "day_past", "wanted_on"),
        ({"words": 7}, "bad_text", "words"),
        ({"address": "here", "fulfilment": "delivery"}, "bad_address", "address"),
        ({"address": {"planet": "Mars"}}, "unknown_field", "address.planet"),
        ({"design": []}, "bad_design", "design"),
        ({"design": {"tiers": []}}, "bad_tiers", "design.tiers"),
        ({"email": "ada"}, "bad_email", "email"),
        ({"language": "tlh"}, "bad_language", "language"),
        ({"submit": "yes"}, "bad_choice", "submit"),
        # What a client may not set.
        ({"status": "paid"}, "unknown_field", "status"),
        ({"price": "1.00"}, "unknown_field", "price"),
        ({"user_id": 1}, "unknown_field", "user_id"),
        ({"number": "X"}, "unknown_field", "number"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(client, change, code, field):
    refused = send(client, {**body(), **change})
    assert refused.status_code == 400
    assert (code_of(refused), refused.json()["error"]["details"]["field"]) == (code, field)
    assert not CakeRequest.objects.exists()


def test_a_key_is_needed_and_a_list_is_no_request(client):
    refused = client.post(API, body(), content_type="application/json")
    assert code_of(refused) == "idempotency_key_required"
    assert code_of(send(client, [1])) == "bad_body"


def test_of_two_guests_with_one_key_each_has_their_own(client):
    first = send(client, body(), key="1").json()
    other = send(client, body(email="eve@example.com"), key="1").json()
    assert first["token"] != other["token"]
    assert CakeRequest.objects.count() == 2


def test_a_draft_is_filled_in_bit_by_bit_and_sent(client):
    data = body()
    made = send(client, {"guests": 12, "email": data["email"], "submit": False})
    assert made.status_code == 201
    token = made.json()["token"]
    assert made.json()["draft"] == {"guests": 12}
    refused = post(client, f"{API}/{token}/submit")
    assert refused.status_code == 400
    assert "wanted_on" in refused.json()["error"]["details"]["fields"]
    rest = {name: data[name] for name in ("design", "wanted_on", "name")}
    patched = client.patch(f"{API}/{token}", rest, content_type="application/json")
    assert patched.json()["draft"]["guests"] == 12
    sent = post(client, f"{API}/{token}/submit")
    assert sent.json()["status"] == "pending_review", sent.json()
    assert post(client, f"{API}/{token}/submit").json()["version"] == sent.json()["version"]
    late = client.patch(f"{API}/{token}", rest, content_type="application/json")
    assert (late.status_code, code_of(late)) == (409, "sent_already")


def test_a_request_is_changed_withdrawn_and_asked_for_again(client):
    data = body()
    row = send(client, data).json()
    path = f"{API}/{row['token']}"
    wishes = {name: data[name] for name in ("design", "wanted_on")}
    changed = post(client, f"{path}/revise", {**wishes, "guests": 30, "version": row["version"]})
    assert changed.json()["revision"] == 2, changed.json()
    stale = post(client, f"{path}/withdraw", {"version": row["version"]})
    assert (stale.status_code, code_of(stale)) == (409, "stale_request")
    assert stale.json()["error"]["details"]["changes"]
    assert post(client, f"{path}/withdraw").json()["status"] == "withdrawn"
    assert post(client, f"{path}/reopen").json()["status"] == "pending_review"
    assert (
        post(client, f"{path}/answer", {"text": "Hello"}).json()["messages"][0]["text"] == "Hello"
    )
    for name, code in (
        ("accept", "offer_over"),
        ("decline", "offer_over"),
        ("renew", "not_lapsed"),
    ):
        refused = post(client, f"{path}/{name}")
        assert (refused.status_code, code_of(refused)) == (409, code)
    for bad in ({"version": "1"}, {"version": -1}, {"version": 10**30}):
        assert post(client, f"{path}/withdraw", bad).status_code == 400


def test_an_approved_cake_can_be_paid_at_its_order_and_before_it_nothing_can(client):
    row = send(client, body()).json()
    request = CakeRequest.objects.get()
    assert row["pay_path"] == row["order_number"] == ""
    assert client.get(f"/orders/{request.public_id}/").status_code == 404
    approve(request, at=clock.now())
    shown = client.get(f"{API}/{row['token']}").json()
    assert shown["status"] == "approved_awaiting_payment"
    assert client.get(shown["pay_path"]).status_code == 200


def test_nothing_of_another_is_shown(client):
    row = send(client, body()).json()
    for token in ("x", row["token"][:-1], row["token"] + "A", str(uuid4()), "a" * 500):
        for method, path in (("get", ""), ("post", "/withdraw"), ("post", "/submit")):
            found = getattr(client, method)(f"{API}/{token}{path}")
            assert (found.status_code, code_of(found)) == (404, "request_not_found")


def test_an_account_sees_its_own_and_takes_over_what_it_asked_for_as_a_guest(client):
    send(client, body())
    assert client.get("/api/v1/me/custom-cakes").status_code == 401
    api = people.api(people.log_in(people.customer(email="ada@example.com")).access)
    assert api.get("/api/v1/me/custom-cakes").json() == []
    taken = api.post("/api/v1/me/custom-cakes")
    assert [row["number"] for row in taken.json()] == [CakeRequest.objects.get().number]
    staff = people.staff("administrator", email="boss@example.com")
    refused = people.api(people.log_in(staff).access).get("/api/v1/me/custom-cakes")
    assert refused.status_code == 403


def test_a_request_is_answered_in_the_language_of_who_asks(client):
    row = send(client, body(), **{"Accept-Language": "fr"}).json()
    assert row["labels"][0][1].startswith("rond")
    assert "$" in row["estimate"]["range_fr"]
