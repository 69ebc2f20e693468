"""How predictions do: figures worked out by hand, alerts once an episode, pages and the API."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import Alert
from apps.pricing import services
from apps.pricing.models import Decision, ModelVersion, Prediction, ShadowPrediction
from apps.pricing.rules.monitoring import by_complexity, by_size, line_of, over_time
from apps.pricing.rules.spec import CakeSpec, SpecTier, spec_as_json
from apps.pricing.selectors.monitoring import judged
from apps.pricing.services import registry
from apps.pricing.states import ModelKind, VersionStatus
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people
from tests.pricing.test_promotion import version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
MODELS = "/console/pricing/modelversion/"
API = "/api/v1/staff/models"


@pytest.fixture(autouse=True)
def _read_anew():
    registry.forget_kept()


@pytest.fixture
def manager():
    return people.browser(people.staff("manager"), verified=True)


def decide(final, *, predicted=100, held=True, inches=8, complexity=1, model=None, days=0):
    """Write one decision beside what was predicted, ``days`` ago."""
    at = clock.now() - timedelta(days=days)
    spec = CakeSpec(
        tiers=(SpecTier("round", Decimal(inches), None, Decimal(4)),),
        ingredient_cost=Decimal(20),
        labour_hours=Decimal(2),
        complexity=complexity,
    )
    row = Prediction.objects.create(
        source="custom",
        subject="R-1",
        spec=spec_as_json(spec),
        currency="CAD",
        formula_price=Decimal(80),
        price=Decimal(predicted),
        low=Decimal(predicted) / 10 if held else Decimal(predicted),
        high=Decimal(predicted) * 10 if held else Decimal(predicted),
        cost=Decimal(50),
        origin="model" if model else "formula",
        version=model,
        at=at,
    )
    Decision.objects.create(
        prediction=row,
        final_price=Decimal(final),
        difference=Decimal(final) - row.price,
        actor="user:1",
        at=at,
    )
    return row


def test_the_figures_are_those_that_one_works_out_by_hand():
    # Predicted 100: 110 is too low, 90 too high, 102 right; 125 lay outside of its range.
    for final in (110, 90, 102):
        decide(final, complexity=2)
    decide(125, held=False, inches=12, complexity=4)

    rows = judged()
    line = line_of("all", rows)

    # |predicted - decided| / decided, and the formula's 80.
    assert line.ours.mape == pytest.approx(100 * (10 / 110 + 10 / 90 + 2 / 102 + 25 / 125) / 4)
    assert line.formula.mape == pytest.approx(100 * (30 / 110 + 10 / 90 + 22 / 102 + 45 / 125) / 4)
    assert line.ours.bias == pytest.approx(
        (math.log(1.1) + math.log(0.9) + math.log(1.02) + math.log(1.25)) / 4
    )
    assert (line.covered, line.too_low, line.too_high, line.right) == (0.75, 0.5, 0.25, 0.25)
    assert [(part.name, part.ours.rows) for part in by_size(rows)] == [("small", 3), ("medium", 1)]
    assert [(part.name, part.ours.rows) for part in by_complexity(rows)] == [("2", 3), ("4", 1)]


def test_weeks_are_those_of_the_shop_and_long_times_go_by_months():
    def judged_at(*moments):
        rows = []
        for at in moments:
            row = judged_row(at)
            rows.append(row)
        return over_time(rows, clock.shop_zone())

    # 03:30 UTC on a Monday is Sunday evening in Toronto.
    monday = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    lines = judged_at(monday, monday + timedelta(hours=5))
    assert [line.name for line in lines] == ["2026-11-16", "2026-11-23"]
    lines = judged_at(monday - timedelta(days=300), monday)
    assert [line.name for line in lines] == ["2026-01", "2026-11"]


def judged_row(at):
    from apps.pricing.rules.monitoring import Judged

    return Judged(
        at=at,
        predicted=100,
        formula=80,
        decided=110,
        held=True,
        volume=200,
        complexity=1,
        version="",
    )


def test_a_challenger_is_compared_on_the_cakes_that_it_was_asked_about(manager):
    challenger = version("price-9")
    asked = decide(120)
    decide(100)
    ShadowPrediction.objects.create(
        prediction=asked, version=challenger, price=Decimal(118), at=asked.at
    )

    assert [row.shadow for row in judged(challenger_id=challenger.pk)] == [118.0, None]
    page = manager.get(f"{MODELS}monitoring/").content.decode()
    assert "on 1 of these cakes it would have been off by 1.7 %" in page
    assert "what was predicted was off by 16.7 %" in page


def test_drift_alerts_once_and_again_only_after_it_was_over():
    model = version("price-1", VersionStatus.CURRENT, promoted_at=clock.now())
    for _ in range(39):
        decide(115, model=model)
    assert services.watch_models(at=clock.now()) == []  # one too few to say anything

    decide(115, model=model)

    at = clock.now()
    assert services.watch_models(at=at) == ["drift"]
    assert services.watch_models(at=at + timedelta(minutes=10)) == ["drift"]
    alert = Alert.objects.get()
    assert "14 % away from what was predicted; 7 % was promised" in alert.text
    assert alert.path == f"{MODELS}monitoring/"
    for _ in range(40):
        decide(101, model=model)
    assert services.watch_models(at=clock.now()) == []
    for _ in range(40):
        decide(115, model=model)
    assert services.watch_models(at=clock.now()) == ["drift"]
    assert Alert.objects.count() == 2


def test_a_range_that_does_not_hold_is_drift_too():
    for _ in range(31):
        decide(101)
    for _ in range(9):
        decide(101, held=False)

    assert "77.5 % of the last 40 prices were in the predicted range" in services.drift(
        at=clock.now()
    )


def test_a_bad_file_alerts_and_the_page_says_what_to_do(manager):
    version("price-1", VersionStatus.CURRENT, promoted_at=clock.now(), artefact_sha256="1" * 64)

    assert services.watch_models(at=clock.now()) == ["file:price"]

    assert "the file is not the one that was trained" in Alert.objects.get().text
    page = manager.get(MODELS).content.decode()
    assert "Version price-1 is not used: the file is not the one that was trained." in page
    assert "train anew" in page


def test_pages_of_an_empty_shop_say_so(manager):
    assert "no version was trained yet" in manager.get(MODELS).content.decode()
    page = manager.get(f"{MODELS}monitoring/?days=90").content.decode()
    assert "Nobody decided on a predicted price in these 90 days." in page
    assert manager.get(f"{MODELS}monitoring/error.svg").status_code == 404


@pytest.mark.parametrize("name", ["error", "coverage", "sizes", "complexities"])
def test_each_plot_is_an_svg(manager, name):
    decide(110)
    decide(95, days=20, inches=12, complexity=3)

    reply = manager.get(f"{MODELS}monitoring/{name}.svg")

    assert reply["Content-Type"] == "image/svg+xml"
    assert reply.content.startswith(b"<?xml")
    assert b"<script" not in reply.content


@pytest.mark.parametrize("days", ["", "0", "-1", "999999999", "x", "\u0663", "90' --"])
def test_a_window_that_is_none_shows_a_year(manager, days):
    page = manager.get(f"{MODELS}monitoring/", {"days": days})

    assert page.status_code == 200
    assert "in these 365 days" in page.content.decode()


def test_a_list_costs_the_same_for_few_and_many(manager):
    def queries(path):
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert manager.get(path).status_code == 200
        return len(found)

    decide(110)
    version("one")
    manager.get(MODELS)
    few = queries(MODELS), queries(f"{MODELS}monitoring/"), queries(f"{API}/versions")
    for no in range(4):
        decide(110 + no)
        version(f"v{no}")

    assert few == (queries(MODELS), queries(f"{MODELS}monitoring/"), queries(f"{API}/versions"))


def test_a_version_goes_into_use_by_a_button_after_a_fresh_code(manager):
    row = version("price-1")
    path = f"{MODELS}{row.pk}/promote/"
    stale = manager.session
    stale[SECOND_FACTOR_AT] = 1
    stale.save()
    assert "step-up" in manager.get(path)["Location"]
    fresh = manager.session
    fresh[SECOND_FACTOR_AT] = clock.now().timestamp()
    fresh.save()

    assert "Put price-1 in use" in manager.get(path).content.decode()
    assert manager.post(path, {"reason": ""}).status_code == 200
    assert ModelVersion.objects.get().status == VersionStatus.CHALLENGER
    assert manager.post(path, {"reason": "better"})["Location"] == MODELS

    assert ModelVersion.objects.get().status == VersionStatus.CURRENT
    page = manager.get(f"{MODELS}{row.pk}/change/").content.decode()
    assert "better" in page
    assert row.artefact_sha256 in page
    assert manager.post(path, {"reason": "again"}).status_code == 409


def test_going_back_and_refusing_have_buttons(manager):
    session = manager.session
    session[SECOND_FACTOR_AT] = clock.now().timestamp()
    session.save()
    row = version("price-1", VersionStatus.CURRENT, promoted_at=clock.now())

    assert "Go back to the formula" in manager.get(MODELS).content.decode()
    assert manager.post(f"{MODELS}roll-back/price/", {"reason": "wrong"}).status_code == 302
    assert registry.current_model(kind=ModelKind.PRICE).version_id is None
    assert "Somebody went back" in manager.get(MODELS).content.decode()
    assert manager.post(f"{MODELS}roll-back/price/", {"reason": "wrong"}).status_code == 409
    assert manager.post(f"{MODELS}{row.pk}/refuse/", {"reason": "bad"}).status_code == 302
    assert ModelVersion.objects.get().status == VersionStatus.REFUSED
    for path in ("roll-back/colour/", f"{10**30}/promote/", "train/colour/"):
        assert manager.post(MODELS + path, {"reason": "x"}).status_code == 404


def test_train_now_asks_the_queue(manager):
    assert manager.post(f"{MODELS}train/price/").status_code == 302

    assert OutboxMessage.objects.filter(kind="pricing.training_asked").count() == 1
    assert AuditEntry.objects.filter(action="ask_training").count() == 1


def test_the_api_does_what_the_console_does(manager):
    session = manager.session
    session[SECOND_FACTOR_AT] = clock.now().timestamp()
    session.save()
    row = version("price-1")
    decide(110)

    def post(path, status, **body):
        reply = manager.post(f"{API}/{path}", body, content_type="application/json")
        assert reply.status_code == status, reply.content
        return reply.json()

    assert post("price/train", 202)["kind"] == "price"
    assert post(f"versions/{row.pk}/promote", 200, reason="better")["status"] == "current"
    assert post(f"versions/{row.pk}/promote", 409, reason="better")["error"]["code"]
    shown = manager.get(API).json()
    assert shown["models"][0]["current"]["name"] == "price-1"
    assert manager.get(f"{API}/versions?kind=price").json()["results"][0]["id"] == row.pk
    assert manager.get(f"{API}/versions/{row.pk}").json()["rows"] == 500
    assert post("price/roll-back", 200, reason="wrong")["is_held_back"]
    assert post(f"versions/{row.pk}/refuse", 200, reason="bad")["status"] == "refused"
    found = manager.get(f"{API}/monitoring?days=30").json()
    assert found["all"]["decisions"] == 1
    assert found["by_size"][0]["name"] == "small"
    for path in ("versions?kind=colour", "monitoring?days=0", "monitoring?days=x"):
        assert manager.get(f"{API}/{path}").status_code == 400
    post("colour/train", 404)
    post(f"versions/{10**30}/promote", 404, reason="x")
    post(f"versions/{row.pk}/promote", 400)
