"""Staff decide over the API as on the desk."""

import pytest

from apps.custom_cakes.models import Quote
from apps.custom_cakes.states import QuoteKind, RequestStatus
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts import people
from tests.custom_cakes.factories import make_wishes, submit
from tests.custom_cakes.offers import slot_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/staff/custom-cakes"


def staff_api(role="decorator"):
    return people.api(people.log_in(people.staff(role)).access)


@pytest.fixture
def api():
    return staff_api()


def fresh(**values):
    at = clock.now()
    return submit(wishes=make_wishes(at=at, **values), at=at)


def offer_of(api, request, **values) -> dict:
    found = api.get(f"{LIST}/{request.pk}").json()
    return {
        "version": found["version"],
        "price": found["estimate"]["price"],
        "servings_least": found["servings_least"],
        "servings_most": found["servings_most"],
        "slot_id": slot_of(request).pk,
        **values,
    }


def refused(reply):
    return reply.status_code, reply.json()["error"]["code"]


def test_the_list_and_one_request(api):
    request = fresh(allergies="hazelnuts")
    rows = api.get(LIST).json()["results"]
    assert [row["number"] for row in rows] == [request.number]
    assert rows[0]["tiers"] == 1
    assert api.get(f"{LIST}?status=paid").json()["results"] == []
    assert api.get(f"{LIST}?status=nonsense").status_code == 400
    found = api.get(f"{LIST}/{request.pk}").json()
    assert found["alarms"]
    assert found["estimate"]["floor_price"]
    assert {row["code"] for row in found["ideas"]} >= {"smaller"}
    assert "approve" in found["actions"]
    assert api.get(f"{LIST}/{2**40}").status_code == 404


def test_approve_then_take_it_back(api):
    request = fresh()
    given = offer_of(api, request, words="Keep it cool.")
    reply = api.post(f"{LIST}/{request.pk}/approve", given, format="json")
    assert reply.status_code == 200, reply.json()
    made = reply.json()
    assert (made["status"], made["version"]) == ("approved_awaiting_payment", 2)
    assert made["order_number"] == request.number
    # Once more, by somebody who has not seen it.
    again = api.post(f"{LIST}/{request.pk}/approve", given, format="json")
    assert refused(again) == (409, "stale_request")
    assert again.json()["error"]["details"]["changes"]
    assert Order.objects.count() == 1
    back = api.post(
        f"{LIST}/{request.pk}/take-back", {"version": 2, "reason": "wrong price"}, format="json"
    )
    assert back.json()["status"] == "pending_review"


def test_an_idea_is_offered_as_it_is(api):
    request = fresh()
    idea = next(
        row for row in api.get(f"{LIST}/{request.pk}").json()["ideas"] if row["code"] == "smaller"
    )
    given = {
        "version": 1,
        **{name: idea[name] for name in ("design", "price", "slot_id")},
        **{name: idea[name] for name in ("servings_least", "servings_most")},
    }
    reply = api.post(f"{LIST}/{request.pk}/counter-offer", given, format="json")
    assert reply.status_code == 200, reply.json()
    assert reply.json()["kind"] == QuoteKind.COUNTER
    assert reply.json()["order_number"] == ""
    assert not Order.objects.exists()
    assert Quote.objects.get().price == Quote.objects.get().total


def test_ask_reject_and_note(api):
    request = fresh()
    address = f"{LIST}/{request.pk}"
    asked = api.post(f"{address}/ask", {"version": 1, "text": "Which blue?"}, format="json")
    assert asked.json()["status"] == RequestStatus.QUESTION_ASKED
    noted = api.post(f"{address}/note", {"version": 2, "text": "VIP"}, format="json")
    assert noted.json()["internal_note"] == "VIP"
    gone = api.post(f"{address}/reject", {"version": 3, "text": "Not in July."}, format="json")
    assert gone.json()["status"] == RequestStatus.REJECTED
    late = api.post(f"{address}/renew", {"version": 4}, format="json")
    assert refused(late) == (409, "nothing_to_renew")


def test_below_the_floor_needs_a_manager(api):
    request = fresh()
    given = offer_of(api, request, price="5.00", reason="charity")
    reply = api.post(f"{LIST}/{request.pk}/approve", given, format="json")
    assert refused(reply) == (403, "below_floor")
    reply = staff_api("manager").post(f"{LIST}/{request.pk}/approve", given, format="json")
    assert reply.json()["price"] == "5.00"


@pytest.mark.parametrize("action", ["approve", "counter-offer", "ask", "reject", "take-back",
                                    "renew", "note"])  # fmt: skip
def test_absurd_bodies_are_refused(api, action):
    request = fresh()
    good = offer_of(api, request, text="x", reason="x", design={})
    for values in (
        {"version": True},
        {"version": -1},
        {"version": 10**30},
        {"version": "1"},
        {"text": "a\x00b", "reason": "a\x00b", "price": "NaN"},
        {"text": None, "reason": None, "slot_id": 1.5, "expires_at": "soon"},
        {"price": "1e400", "design": [], "text": {}, "reason": [], "slot_id": 10**40},
    ):
        reply = api.post(f"{LIST}/{request.pk}/{action}", {**good, **values}, format="json")
        assert 400 <= reply.status_code < 500, (action, values, reply.content)
    assert api.post(f"{LIST}/{request.pk}/{action}", [], format="json").status_code == 400
    assert not Order.objects.exists()


def test_who_bakes_decides_nothing():
    request = fresh()
    kitchen = staff_api("kitchen")
    assert kitchen.get(LIST).status_code == 403
    assert kitchen.post(f"{LIST}/{request.pk}/ask", {}, format="json").status_code == 403
