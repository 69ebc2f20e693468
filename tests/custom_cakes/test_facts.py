"""What a design comes to, beside figures reckoned by hand."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.custom_cakes import selectors, services
from apps.pricing import services as pricing
from apps.pricing.selectors import spec_from_json
from bakery.kernel.errors import Invalid
from tests.catalog.kitchens import line as part
from tests.catalog.kitchens import make_ingredient, make_recipe
from tests.custom_cakes.options import ACTOR, AT, make_choices, make_design, make_option, tier

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def choices():
    return make_choices()


def facts(design, **more):
    return selectors.facts_of(design, **{"wanted_on": None, "at": AT, **more})


def test_one_tier_by_hand(choices):
    found = facts(make_design(choices))
    # An 8 inch round: plan 50.27, side 100.53 in2, volume 201.06 in3.
    # Sponge 1005.3 g at 0.002, filling 201.1 g and outside 452.4 g at 0.008.
    assert found.spec.ingredient_cost == Decimal("7.24")
    assert found.weight_g == 1659
    # Bench 30 + 20; decorators 10 + 15 + 150.8 * 0.15.
    assert found.decorator_minutes == 48
    assert found.spec.labour_hours == found.estimated_hours == Decimal("1.627")
    assert found.oven_minutes == 42
    assert found.spec.complexity == 1
    assert (found.lead_days, found.usual_days) == (2, 14)
    assert (found.servings.least, found.servings.most) == (20, 24)
    assert found.notes == ()


def test_a_stack_sums_up_and_takes_the_worst_of_each(choices):
    design = make_design(
        choices,
        tier(choices.vanilla, "10", layers=4, filling_id=choices.cream.pk),
        tier(choices.chocolate, "6"),
        finish=choices.fondant,
        decorations=[{"option_id": choices.flower.pk, "count": 3}],
        keep_top=True,
        style="wedding",
    )
    found = facts(design)
    # Three layers of filling in the lower tier of 78.54 in2, none above.
    # 1570.8 g vanilla, 565.5 g chocolate, 942.5 g cream.
    # 78.54 + 125.66 + 28.27 + 75.40 = 307.87 in2 of fondant at 5 g, 3 flowers of 20 g.
    assert found.weight_g == 4679
    # Fondant and flowers are not known: 0.0100 and 0.0250 a gram instead.
    exact = Decimal("3.14160") + Decimal("5.655") + Decimal("7.540") + Decimal("15.394")
    assert found.spec.ingredient_cost == (exact + Decimal("1.5")).quantize(Decimal("0.01"))
    assert len(found.notes) == 2
    assert "Fondant" in found.notes[0]
    # 10 + 2 * 15 + 10 + 307.87 * 0.3 + 3 * 30.
    assert found.decorator_minutes == 233
    # Two loads of 45 below, one of 40 above.
    assert found.oven_minutes == 130
    assert found.spec.complexity == 4
    # The top tier of 6 inches is kept: 38 wedding slices are eaten.
    assert found.servings.servings == 38
    assert (found.lead_days, found.usual_days) == (5, 28)


def test_more_lead_of_an_option_counts(choices):
    services.update_option(
        option_id=choices.fondant.pk, changes={"lead_days": 9}, actor=ACTOR, at=AT
    )
    assert facts(make_design(choices, finish=choices.fondant)).lead_days == 9


def test_the_day_decides_about_rush_and_season(choices):
    design = make_design(choices, event_type="wedding")
    soon = facts(design, wanted_on=TODAY + timedelta(days=3))
    assert (soon.spec.notice_days, soon.spec.is_rush, soon.is_short) == (3, True, True)
    later = facts(design, wanted_on=date(2027, 6, 12))
    assert (later.spec.is_rush, later.is_short, later.spec.month) == (False, False, 6)
    assert later.spec.event_type == "wedding"
    past = facts(design, wanted_on=TODAY - timedelta(days=400))
    assert (past.spec.notice_days, past.spec.is_rush) == (0, True)
    unsaid = facts(design)
    assert (unsaid.spec.notice_days, unsaid.spec.is_rush, unsaid.is_short) == (14, False, False)


def test_allergens_are_those_of_every_recipe(choices):
    known = facts(make_design(choices)).allergens
    assert known["contains"] == ["wheat", "milk"]
    assert known["unknown"] == []
    assert "peanut" in known["free_from"]
    assert known["source"] == "recipe"
    dark = make_design(choices, tier(choices.vanilla), tier(choices.chocolate, "6"))
    assert facts(dark).allergens["may_contain"] == ["tree_nuts"]


def test_an_edible_choice_without_a_recipe_is_unknown_and_a_topper_is_not(choices):
    topped = make_design(choices, decorations=[{"option_id": choices.topper.pk}])
    assert facts(topped).allergens["unknown"] == []
    assert facts(topped).spec.ingredient_cost == Decimal("7.24") + Decimal("6.50")
    flowered = make_design(choices, decorations=[{"option_id": choices.flower.pk}])
    found = facts(flowered).allergens
    assert found["free_from"] == []
    assert "peanut" in found["unknown"]
    assert found["contains"] == ["wheat", "milk"]


def test_conflicts_count_what_is_unknown(choices):
    known = facts(make_design(choices))
    assert known.conflicts("peanuts") == []
    assert known.conflicts("dairy") == ["dairy: this cake contains it."]
    unknown = facts(make_design(choices, finish=choices.fondant))
    assert unknown.conflicts("peanuts") == [
        "peanuts: we do not know whether this cake is free from it."
    ]
    assert unknown.conflicts("arachides", "fr") == [
        "arachides : nous ne savons pas si ce gâteau en est exempt."
    ]


def test_a_recipe_without_a_price_is_reckoned_with_and_said(choices):
    ink = make_ingredient("Ink", None)
    printed = make_option("decoration", "Print", make_recipe("Print", part(ink)), grams="10")
    found = facts(make_design(choices, decorations=[{"option_id": printed.pk}]))
    assert found.spec.ingredient_cost == Decimal("7.24") + Decimal("0.25")
    assert found.notes == ("What Print costs is not known; reckoned with 0.0250 a gram.",)
    # What it holds is known all the same.
    assert found.allergens["unknown"] == []


def test_what_cakes_really_took_changes_hours_but_not_what_they_are_held_against(choices):
    for no in range(30):
        pricing.record_labour(
            subject=f"cake {no}",
            complexity=1,
            estimated_hours=Decimal(2),
            hours=Decimal(4),
            at=AT - timedelta(days=1),
        )
    found = facts(make_design(choices))
    assert found.estimated_hours == Decimal("1.627")
    assert found.spec.labour_hours > Decimal("2.5")
    assert found.decorator_minutes > 75


def test_what_cannot_be_chosen_is_named(choices):
    services.archive_option(option_id=choices.cream.pk, actor=ACTOR, at=AT)
    wrong = [
        (make_design(choices), "option_gone", "tiers.0.filling_id"),
        (make_design(choices, tier(choices.fondant)), "option_gone", "tiers.0.flavour_id"),
        (
            make_design(
                choices,
                tier(choices.vanilla),
                decorations=[{"option_id": choices.topper.pk, "count": 3}],
            ),
            "too_many",
            "decorations.0.count",
        ),
    ]
    for design, code, field in wrong:
        with pytest.raises(Invalid) as refused:
            facts(design)
        assert (refused.value.code, refused.value.details["field"]) == (code, field)


def test_a_mountain_is_refused(choices):
    heavy = make_option("decoration", "Gold", material_cost="9000", is_edible=False, most=200)
    design = make_design(choices, decorations=[{"option_id": heavy.pk, "count": 200}])
    with pytest.raises(Invalid) as refused:
        facts(design)
    assert refused.value.code == "too_big"


def test_facts_are_frozen_as_json(choices):
    found = facts(make_design(choices, finish=choices.fondant), wanted_on=date(2027, 2, 1))
    kept = json.loads(json.dumps(found.as_json()))
    assert spec_from_json(kept["spec"]) == found.spec
    assert kept["labels"][0][1].startswith("8 in round")
    assert kept["labels_fr"][0][1].startswith("rond de 8 po")
    assert kept["wanted_on"] == "2027-02-01"


def test_differences_name_what_is_no_longer_offered(choices):
    old = make_design(choices)
    new = make_design(choices, tier(choices.chocolate, filling_id=choices.cream.pk))
    services.archive_option(option_id=choices.vanilla.pk, actor=ACTOR, at=AT)
    (told,) = selectors.diff_of(old, new)
    assert told == (
        "Cake: 8 in round, 4 in high, 2 layers of Chocolate, filled with Cream"
        " instead of 8 in round, 4 in high, 2 layers of Vanilla, filled with Cream"
    )


@pytest.mark.parametrize("tiers", [1, 6])
def test_statements_do_not_grow_with_tiers(choices, tiers):
    rows = [tier(choices.vanilla, str(16 - 2 * no)) for no in range(tiers)]
    design = make_design(choices, *rows)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        facts(design, wanted_on=TODAY + timedelta(days=30))
    assert len(asked) == 7
