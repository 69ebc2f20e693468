"""The bake sheet: what paid orders and planned days ask of the kitchen."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import services as catalog
from apps.catalog.models import Ingredient
from apps.inventory import services as inventory
from apps.orders import services
from apps.orders.models import Mixer, PantryCount, RecipeMixer
from apps.orders.selectors.bake_sheet import bake_sheet
from bakery.kernel.errors import Invalid
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_slot, make_variant, place, place_paid

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 27)
PAGE, API = "/console/orders/mixer/bake-sheet/", "/api/v1/staff/bake-sheet"
WEEK = {"first": "2026-11-27", "last": "2026-11-28"}


def make_ingredient(name, *, price="2.00", pack="1", unit="kg", kind="food"):
    return Ingredient.objects.create(
        name=name, unit=unit, kind=kind, price=price, price_quantity=Decimal(pack), updated_at=AT
    )


def grams(quantity, **source):
    return {"quantity": Decimal(quantity), "unit": "g", **source}


@pytest.fixture
def kitchen():
    """A cake of 1 kg of sponge and a box; flour comes in sacks of 2.5 kg."""
    flour, sugar = make_ingredient("Flour", price="5.00", pack="2.5"), make_ingredient("Sugar")
    box = make_ingredient("Box", price="0.50", unit="piece", kind="other")
    sponge = catalog.create_recipe(
        name="Sponge",
        yield_quantity=Decimal(1000),
        yield_unit="g",
        lines=[grams(600, ingredient_id=flour.pk), grams(400, ingredient_id=sugar.pk)],
        loss_percent=Decimal(20),
        at=AT,
    )
    cake = make_cake(made_to_order=True, message=40)
    catalog.set_parts(
        variant_id=cake.pk,
        parts=[
            grams(1000, recipe_id=sponge.pk),
            {"quantity": Decimal(1), "unit": "piece", "ingredient_id": box.pk},
        ],
        at=AT,
    )
    return cake, sponge, flour


def sheet(**options):
    return bake_sheet(DAY, DAY, **{"buffer_percent": Decimal(0)} | options)


def bought(found):
    return {row.name: (row.needed, row.packs) for row in found.purchases}


def test_paid_orders_of_the_day_become_pieces_mixes_and_purchases(kitchen):
    cake, _, _ = kitchen
    place_paid([(cake, 2, "Happy birthday")], ref="pi_1")
    place_paid([(cake, 1, "")], ref="pi_2")
    place([(cake, 5, "")])  # nobody paid
    place_paid([(cake, 7, "")], ref="pi_3", slot=make_slot(AT + timedelta(days=8)))
    found = sheet()
    [bake] = found.bakes
    assert (bake.pieces, bake.ordered, bake.counter) == (3, 3, 0)
    assert [(wish.quantity, wish.message) for wish in bake.wishes] == [
        (2, "Happy birthday"),
        (1, ""),
    ]
    # 3 kg of sponge at 20 % loss take 3.75 kg: 2.25 kg of flour and 1.5 kg of sugar.
    [mix] = found.mixes
    assert (mix.output, mix.weight, mix.bowls) == (3000, 3750, 1)
    assert bought(found) == {
        "Box": (3, 3),
        "Flour": (2250, 1),
        "Sugar": (1500, 2),
    }
    assert found.cost == Decimal("10.50")


def test_what_is_ready_cancelled_or_of_another_day_is_not_baked(kitchen):
    cake, _, _ = kitchen
    ready, cancelled = place_paid([(cake, 1, "")], ref="pi_1"), place_paid([(cake, 1, "")], ref="2")
    services.cancel_order(order_id=cancelled.pk, actor="user:1", reason="rain", at=AT)
    services.start_production(order_id=ready.pk, actor="user:1", at=AT)
    assert [bake.pieces for bake in sheet().bakes] == [1]
    services.mark_ready(order_id=ready.pk, actor="user:1", at=AT)
    assert sheet().bakes == ()


def test_a_mixer_splits_into_equal_bowls(kitchen):
    cake, sponge, _ = kitchen
    mixer = Mixer.objects.create(name="Planet", capacity_kg=Decimal("1.5"))
    RecipeMixer.objects.create(mixer=mixer, recipe=sponge)
    place_paid([(cake, 3, "")])
    [mix] = sheet().mixes
    assert (mix.bowls, mix.bowl_weight, mix.mixer) == (3, 1250, "Planet")
    assert [(p.name, p.in_bowl, p.in_all) for p in mix.portions] == [
        ("Flour", 750, 2250),
        ("Sugar", 500, 1500),
    ]


def test_the_buffer_is_added_to_food(kitchen):
    cake, _, _ = kitchen
    place_paid([(cake, 2, "")])
    assert bought(sheet(buffer_percent=Decimal(10)))["Flour"] == (1650, 1)
    assert bought(sheet(buffer_percent=Decimal(10)))["Box"] == (2, 2)


def test_a_days_own_stock_is_baked_whether_sold_or_not():
    doughnut = make_variant(made_to_order=True)
    inventory.adjust_dated_stock(
        changes={(doughnut.pk, DAY): 24}, reason="planned", note="", actor="user:1", at=AT
    )
    place_paid([(doughnut, 10, "")])
    found = sheet()
    [bake] = found.bakes
    assert (bake.ordered, bake.counter, bake.pieces, bake.from_shelf) == (10, 14, 24, False)
    assert found.without_recipe == ("Thing, piece",)


def test_shelf_goods_are_listed_and_baked_only_when_asked_for(kitchen):
    _, sponge, _ = kitchen
    muffin = make_variant(stock=30)
    catalog.set_parts(variant_id=muffin.pk, parts=[grams(100, recipe_id=sponge.pk)], at=AT)
    place_paid([(muffin, 8, "")])
    [bake] = sheet().bakes
    assert bake.from_shelf
    assert sheet().mixes == ()
    [mix] = sheet(with_shelf=True).mixes
    assert mix.output == 800


def test_a_count_lowers_what_is_bought_and_the_newest_holds(kitchen):
    cake, _, flour = kitchen
    place_paid([(cake, 3, "")])
    services.count_pantry(amounts={flour.pk: Decimal(9000)}, actor="user:1", at=AT)
    later = AT + timedelta(hours=1)
    services.count_pantry(amounts={flour.pk: Decimal(250)}, actor="user:1", at=later)
    [row] = [row for row in sheet().purchases if row.name == "Flour"]
    assert (row.counted, row.counted_at, row.missing, row.packs) == (250, later, 2000, 1)
    services.count_pantry(amounts={flour.pk: Decimal(2250)}, actor="user:1", at=later)
    assert bought(sheet())["Flour"] == (2250, 0)


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "1e30"])
def test_an_impossible_count_writes_nothing_down(kitchen, amount):
    _, _, flour = kitchen
    with pytest.raises(Invalid) as refused:
        services.count_pantry(amounts={flour.pk: Decimal(amount)}, actor="user:1", at=AT)
    assert refused.value.code == "bad_amount"
    with pytest.raises(Invalid) as refused:
        services.count_pantry(
            amounts={flour.pk: Decimal(1), 10**9: Decimal(1)}, actor="user:1", at=AT
        )
    assert refused.value.code == "unknown_ingredient"
    assert not PantryCount.objects.exists()


@pytest.mark.parametrize(
    ("first", "last", "buffer", "code"),
    [
        (DAY, DAY - timedelta(days=1), 0, "bad_days"),
        (DAY, DAY + timedelta(days=14), 0, "bad_days"),
        (DAY, DAY, 101, "bad_buffer"),
        (DAY, DAY, -1, "bad_buffer"),
    ],
)
def test_impossible_sheets_are_refused(first, last, buffer, code):
    with pytest.raises(Invalid) as refused:
        bake_sheet(first, last, buffer_percent=Decimal(buffer))
    assert refused.value.code == code


@pytest.mark.parametrize("orders", [1, 6])
def test_the_same_statements_whatever_is_ordered(kitchen, orders):
    cake, _, _ = kitchen
    for number in range(orders):
        place_paid([(cake, 1, "")], ref=f"pi_{number}")
    with CaptureQueriesContext(connection) as queries:
        sheet()
    assert len(queries) == 11


def test_the_page_shows_it_counts_and_downloads(kitchen):
    cake, _, flour = kitchen
    place_paid([(cake, 3, "Ann <3")])
    kitchen_staff = people.browser(people.staff("kitchen"), verified=True)
    text = kitchen_staff.get(PAGE, WEEK).content.decode()
    assert "Ann &lt;3" in text
    assert "Sponge" in text
    assert kitchen_staff.get(PAGE).status_code == 200
    reply = kitchen_staff.post(f"{PAGE}?first=2026-11-27", {f"count-{flour.pk}": "1,5"})
    assert reply.status_code == 302
    assert PantryCount.objects.get().amount == Decimal("1.5")
    for odd in ("x", "NaN", "-1"):
        kitchen_staff.post(PAGE, {f"count-{flour.pk}": odd, "count-99999999999999999999": "1"})
    assert PantryCount.objects.count() == 1
    assert "Flour" in kitchen_staff.get(PAGE, WEEK | {"format": "csv"}).content.decode()
    for odd in (
        {"first": "x"},
        {"first": "2026-11-27", "last": "2027-11-27"},
        {"buffer": "1000"},
        {"first": "9999-12-31"},
        {"format": "pdf"},
    ):
        assert kitchen_staff.get(PAGE, odd).status_code == 400, odd


def test_the_api_shows_it_and_counts(kitchen):
    cake, _, flour = kitchen
    place_paid([(cake, 3, "")])
    api = people.api(people.log_in(people.staff("kitchen")).access)
    found = api.get(API, WEEK | {"buffer": "10"}).json()
    assert found["bakes"][0]["ordered"] == 3
    assert found["mixes"][0]["output"] == "3300.000"
    assert found["cost"] == "10.50"
    for odd in ({}, {"first": "x"}, WEEK | {"buffer": "NaN"}, WEEK | {"last": "9999-12-31"}):
        assert api.get(API, odd).status_code == 400
    line = {"ingredient_id": flour.pk, "amount": "5.5"}
    assert api.post("/api/v1/staff/pantry", {"counts": [line]}).json() == {"counted": 1}
    for odd in ([], [line | {"amount": "NaN"}], [line | {"ingredient_id": 2**70}], "x"):
        assert api.post("/api/v1/staff/pantry", {"counts": odd}).status_code == 400
