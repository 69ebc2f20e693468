"""Rates and the log of predictions over the staff API and in the console."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.adapters.signing import sign_access
from apps.accounts.models import RefreshFamily
from apps.pricing.models import PriceRates
from bakery.kernel import clock
from tests.accounts import people
from tests.pricing.cakes import ROUND_8, WEDDING, decide

pytestmark = pytest.mark.django_db
API, CONSOLE = "/api/v1/staff/price-rates", "/console/pricing/pricerates/"


@pytest.fixture
def boss():
    return people.staff("manager")


@pytest.fixture
def api(boss):
    return people.api(people.log_in(boss).access)


def tomorrow():
    return (clock.shop_date(clock.now()) + timedelta(days=1)).isoformat()


def test_who_sets_rates_has_just_confirmed_who_they_are(boss, time_machine):
    at = clock.now()
    long_ago = at - timedelta(minutes=11)
    family = RefreshFamily.objects.create(user=boss, created_at=long_ago, otp_at=long_ago)
    access = sign_access(
        user_id=boss.pk, token_version=boss.token_version, family=family.pk, otp_at=long_ago, at=at
    )
    client, console = people.api(access), people.browser(boss, verified=True)
    refused = client.post(API, {"starts_on": tomorrow(), "hourly_rate": "1.00"}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "step_up_required")
    assert client.get(API).status_code == 200
    time_machine.move_to(at + timedelta(minutes=11))
    for reply in (console.get(f"{CONSOLE}add/"), console.post(f"{CONSOLE}add/", {})):
        assert reply.status_code == 302
        assert "step-up" in reply["Location"]
    assert PriceRates.objects.count() == 1


def test_rates_are_set_over_the_api_from_a_day_on(api):
    reply = api.post(API, {"starts_on": tomorrow(), "hourly_rate": "31.50"}, format="json")

    assert reply.status_code == 201
    assert [row["hourly_rate"] for row in api.get(API).json()] == ["31.50", "28.00"]
    assert reply.json()["rush_days"] == 7


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"starts_on": "2020-01-01"}, 400),
        ({"starts_on": "x\x00"}, 400),
        ({"hourly_rate": "NaN"}, 400),
        ({"hourly_rate": [1]}, 400),
        ({"rush_days": True}, 400),
        ({"rush_days": 1e99}, 400),
        ({"target_margin": "1.0000"}, 400),
    ],
)
def test_wrong_rates_are_refused_and_nothing_is_written(api, wrong, status):
    reply = api.post(API, {"starts_on": tomorrow(), **wrong}, format="json")

    assert reply.status_code == status
    assert PriceRates.objects.count() == 1


def test_who_only_decorates_sets_no_rates():
    person = people.staff("decorator")
    api = people.api(people.log_in(person).access)

    assert api.post(API, {"starts_on": tomorrow()}, format="json").status_code == 403
    assert api.get("/api/v1/staff/predictions").status_code == 200
    console = people.browser(person, verified=True)
    assert console.get(f"{CONSOLE}add/").status_code == 403


def form_of(**changed):
    return {
        "starts_on": tomorrow(),
        "hourly_rate": "30.00",
        "waste_percent": "5",
        "overhead_percent": "15",
        "target_margin": "40",
        "floor_margin": "20",
        "rush_days": "7",
        "rush_percent": "25",
        "price_step": "1",
        **changed,
    }


def test_rates_are_set_in_the_console_with_margins_in_per_cent(boss):
    console = people.browser(boss, verified=True)
    first = console.get(f"{CONSOLE}add/").content.decode()
    assert 'value="35.00"' in first

    assert console.post(f"{CONSOLE}add/", form_of()).status_code == 302

    row = PriceRates.objects.get(hourly_rate=30)
    assert (row.target_margin, row.floor_margin) == (Decimal("0.4"), Decimal("0.2"))
    assert "40 %, 20 %" in console.get(CONSOLE).content.decode()
    assert console.get(f"{CONSOLE}{row.pk}/change/").status_code == 200
    assert console.post(f"{CONSOLE}{row.pk}/change/", form_of()).status_code == 403
    assert console.post(f"{CONSOLE}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_what_the_service_refuses_stands_beside_its_field(boss):
    console = people.browser(boss, verified=True)

    page = console.post(f"{CONSOLE}add/", form_of(floor_margin="50"))

    assert page.status_code == 200
    assert "The floor is at most the margin aimed for." in page.content.decode()
    assert PriceRates.objects.count() == 1


def test_predictions_are_listed_with_what_was_decided(api, boss):
    decide("C-1", "150.00")
    decide("C-2", "900.00", spec=WEDDING)

    rows = api.get("/api/v1/staff/predictions").json()["results"]
    assert [(row["subject"], row["final_price"]) for row in rows] == [
        ("C-2", "900.00"),
        ("C-1", "150.00"),
    ]
    one = f"/api/v1/staff/predictions/{rows[1]['id']}"
    assert api.get(one).json()["reason"] == "As agreed"
    assert api.get(f"/api/v1/staff/predictions/{10**30}").status_code == 404
    assert api.get("/api/v1/staff/predictions/0").status_code == 404
    console = people.browser(boss, verified=True)
    page = console.get("/console/pricing/prediction/").content.decode()
    assert "$150.00 (+$3.00)" in page
    assert "As agreed" in page
    shown = console.get(f"/console/pricing/prediction/{rows[1]['id']}/change/")
    assert shown.status_code == 200


def test_a_list_of_many_costs_what_a_list_of_few_does(api):

    counts = []
    for no in range(8):
        decide(f"C-{no}", "150.00", spec=ROUND_8)
        if no in {1, 7}:
            with CaptureQueriesContext(connection) as seen:
                assert len(api.get("/api/v1/staff/predictions").json()["results"]) == no + 1
            counts.append(len(seen))
    assert counts[0] == counts[1]
