"""The customer's side over the API: one address a request, and nothing of others."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.states import RequestStatus
from bakery.kernel import clock
from tests.custom_cakes.factories import design_data
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
