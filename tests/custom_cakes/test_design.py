"""Reading designs: what is right survives being stored, what is not is refused with its place."""

import copy
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.rules.food_rollup import NOTHING_KNOWN, Known, to_json
from apps.catalog.rules.servings.estimate import TWO_MEASURES
from apps.catalog.states import CakeShape
from apps.custom_cakes.rules.allergies import conflicts_of, named_in
from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.rules.design import MAX_COUNT, MAX_TIERS, Design, DesignTier, parse_design
from apps.custom_cakes.rules.differences import differences_of
from apps.custom_cakes.rules.needs import amounts_of, cost_of, weight_of, work_of
from apps.custom_cakes.rules.standing import all_standing, standing_at
from apps.custom_cakes.rules.wording import labels_of
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid

KEYS, COUNTS = st.integers(1, 2**63 - 1), st.integers(1, MAX_COUNT)
INCHES = st.integers(300, 4000).map(lambda hundredths: Decimal(hundredths) / 100)


@st.composite
def designs(draw):
    count = draw(st.integers(1, MAX_TIERS))
    sizes = sorted((draw(INCHES) for _ in range(count)), reverse=True)
    tiers = []
    for size in sizes:
        shape = draw(st.sampled_from(CakeShape.values))
        tiers.append(
            DesignTier(
                shape=shape,
                length_in=size,
                # As deep as long, so that any shape may stand on any other.
                width_in=size if shape in TWO_MEASURES else None,
                height_in=draw(st.integers(4, 24).map(Decimal)),
                layers=draw(st.integers(1, 8)),
                flavour_id=draw(KEYS),
                filling_id=draw(st.none() | KEYS),
            )
        )
    return Design(
        tiers=tuple(tiers),
        finish_id=draw(KEYS),
        decorations=tuple(
            draw(st.dictionaries(KEYS, st.integers(1, MAX_COUNT), max_size=5)).items()
        ),
        event_type=draw(st.sampled_from(EventType.values)),
        style=draw(st.sampled_from(["party", "wedding"])),
        keep_top=count > 1 and draw(st.booleans()),
    )


@given(designs())
@settings(max_examples=30)
def test_a_design_survives_being_stored(design):
    stored = json.loads(json.dumps(design.as_json()))
    assert parse_design(stored) == design
    assert parse_design(stored).as_json() == design.as_json()
    assert differences_of(design, parse_design(stored), {}) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tiers", "shape", "finish_id", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["tiers", "finish_id", "decorations", "event_type", ""]))
@settings(max_examples=60)
def test_whatever_is_sent_is_read_or_refused(junk, field):
    data = {**plain(), field: junk} if field else junk
    read = _read(data)
    assert read == "refused" or parse_design(read.as_json()) == read


def _read(data):
    """Anything but a design or a refusal that names its place fails the test."""
    try:
        return parse_design(data)
    except Invalid as refusal:
        return "refused" if "field" in refusal.details else refusal


def plain():
    return {
        "tiers": [
            {"shape": "round", "length_in": "10", "height_in": "4", "flavour_id": 1},
            {"shape": "round", "length_in": "8", "height_in": "4", "flavour_id": 1},
        ],
        "finish_id": 5,
        "decorations": [{"option_id": 7, "count": 2}],
    }


WRONG = [
    ((), "unknown_field", "price", {"price": "1.00"}),
    (("tiers", 1), "unknown_field", "tiers.1.price", {"price": "1.00"}),
    ((), "bad_tiers", "tiers", {"tiers": []}),
    ((), "bad_tiers", "tiers", {"tiers": [plain()["tiers"][0]] * (MAX_TIERS + 1)}),
    ((), "bad_tiers", "tiers", {"tiers": {"0": {}}}),
    (("tiers", 1), "bad_tiers", "tiers.1", {"length_in": "10.01"}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": True}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": "NaN"}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": float("inf")}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": "1e1"}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": 10**400}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": "8.001"}),
    (("tiers", 1), "bad_number", "tiers.1.length_in", {"length_in": "٨"}),
    (("tiers", 0), "bad_size", "tiers.0.length_in", {"length_in": "200"}),
    (("tiers", 1), "bad_size", "tiers.1.height_in", {"height_in": "0.5"}),
    (("tiers", 1), "width_not_used", "tiers.1.width_in", {"width_in": "6"}),
    (("tiers", 1), "width_missing", "tiers.1.width_in", {"shape": "sheet"}),
    (("tiers", 1), "unknown_shape", "tiers.1.shape", {"shape": "banana"}),
    (("tiers", 1), "unknown_shape", "tiers.1.shape", {"shape": ["round"]}),
    (("tiers", 1), "bad_number", "tiers.1.layers", {"layers": 2.0}),
    (("tiers", 1), "bad_number", "tiers.1.layers", {"layers": False}),
    (("tiers", 1), "layers_too_thin", "tiers.1.layers", {"layers": 5, "height_in": 2}),
    (("tiers", 1), "bad_choice", "tiers.1.flavour_id", {"flavour_id": True}),
    (("tiers", 1), "bad_choice", "tiers.1.flavour_id", {"flavour_id": 2**63}),
    (("tiers", 1), "missing", "tiers.1.flavour_id", {"flavour_id": None}),
    ((), "missing", "finish_id", {"finish_id": None}),
    ((), "bad_choice", "finish_id", {"finish_id": "5"}),
    ((), "option_twice", "decorations.1", {"decorations": [{"option_id": 7}, {"option_id": 7}]}),
    ((), "bad_number", "decorations.0.count", {"decorations": [{"option_id": 7, "count": 0}]}),
    ((), "bad_design", "decorations", {"decorations": [{"option_id": n} for n in range(1, 20)]}),
    # Typed words are no part of a design: they can be forgotten, it cannot.
    ((), "unknown_field", "colours", {"colours": "ivory"}),
    ((), "bad_choice", "event_type", {"event_type": "coup"}),
    ((), "bad_choice", "style", {"style": []}),
    ((), "bad_choice", "keep_top", {"keep_top": 1}),
    ((), "bad_tiers", "keep_top", {"tiers": plain()["tiers"][:1], "keep_top": True}),
]


@pytest.mark.parametrize(("place", "code", "field", "change"), WRONG)
def test_what_is_wrong_is_named(place, code, field, change):
    data = copy.deepcopy(plain())
    target = data
    for step in place:
        target = target[step]
    target.update(change)
    with pytest.raises(Invalid) as refused:
        parse_design(data)
    assert (refused.value.code, refused.value.details["field"]) == (code, field)


def test_control_the_plain_design_is_right():
    design = parse_design(plain())
    assert [tier.layers for tier in design.tiers] == [2, 2]
    assert design.decorations == ((7, 2),)


def test_a_sheet_turned_around_is_the_same_sheet():
    sides = {"shape": "sheet", "height_in": 2, "flavour_id": 1}
    first = parse_design({"tiers": [{**sides, "length_in": 9, "width_in": 13}], "finish_id": 1})
    other = parse_design({"tiers": [{**sides, "length_in": 13, "width_in": 9}], "finish_id": 1})
    assert first == other


CHOICES = {
    1: Choice(id=1, kind="flavour", name="Vanilla", name_fr="Vanille"),
    5: Choice(id=5, kind="finish", name="Buttercream"),
    6: Choice(id=6, kind="finish", name="Fondant"),
    7: Choice(id=7, kind="decoration", name="Sugar flower", name_fr="Fleur en sucre"),
}


def test_labels_read_from_the_bottom_to_the_top():
    design = parse_design({**plain(), "keep_top": True})
    assert labels_of(design, CHOICES) == [
        ["Tier 1 (bottom)", "10 in round, 4 in high, 2 layers of Vanilla"],
        ["Tier 2 (top)", "8 in round, 4 in high, 2 layers of Vanilla"],
        ["Outside", "Buttercream"],
        ["Decorations", "Sugar flower x 2"],
        ["Cut as", "party slices"],
        ["Top tier", "kept, not served"],
    ]
    french = dict(labels_of(design, CHOICES, "fr"))
    assert french["Étage 1 (bas)"] == "rond de 10 po, 4 po de haut, 2 couches de Vanille"
    assert french["Décorations"] == "Fleur en sucre x 2"
    assert french["Extérieur"] == "Buttercream"


def test_differences_are_told_in_words():
    old, changed = plain(), plain()
    changed["tiers"] = changed["tiers"][:1]
    changed["finish_id"], changed["decorations"] = 6, []
    told = differences_of(parse_design(old), parse_design(changed), CHOICES)
    assert told == [
        "Tier 2 (top): 8 in round, 4 in high, 2 layers of Vanilla, left out",
        "Outside: Fondant instead of Buttercream",
        "Decorations: Sugar flower x 2, left out",
    ]
    back = differences_of(parse_design(changed), parse_design(old), CHOICES, "fr")
    assert back[1] == "Extérieur : Buttercream au lieu de Fondant"
    assert back[2] == "Décorations : Fleur en sucre x 2, ajouté"


def food(**known):
    return {"atoms": to_json(Known(**{name: frozenset(codes) for name, codes in known.items()}))}


NUTTY = food(contains={"milk", "any_wheat"}, may_contain={"hazelnut"}, unknown={"celery"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ("none", []),
        ("Aucune.", []),
        ("No allergies", []),
        ("allergic to peanuts", []),
        ("LACTOSE", ["contains"]),
        ("produits laitiers", ["contains"]),
        ("gluten", ["contains"]),
        ("nuts", ["may_contain"]),
        ("céleri", ["unknown"]),
        ("celeri", ["unknown"]),
        ("Peanuts and dairy!", ["contains"]),
        ("kiwi", ["not_read"]),
        ("peanuts and kiwi", ["not_read"]),
        ("milk, celery", ["contains", "unknown"]),
        ("nutmeg", ["not_read"]),
    ],
)
def test_allergies_are_held_against_what_is_known(text, told):
    assert [concern.says for concern in conflicts_of(text, NUTTY)] == told


@pytest.mark.parametrize("facts", [None, {}, {"atoms": to_json(NOTHING_KNOWN)}])
def test_unknown_is_never_free(facts):
    assert [concern.says for concern in conflicts_of("peanut, sesame", facts)] == [
        "unknown",
        "unknown",
    ]


def test_every_code_that_a_word_names_is_one_of_the_vocabulary():
    assert named_in("wheat, épeautre, coconut") == ["spelt", "coconut", "any_wheat"]
    assert conflicts_of("coconut", NUTTY) == []


def test_figures_are_dated_and_cover_every_size():
    for row in all_standing():
        assert row.source
        assert min(*row.cost_per_gram.values(), row.cost_of_piece) > 0
        days = [row.notice_for(servings).least_working_days for servings in (1, 25, 101, 5000)]
        assert days == sorted(days)
        minutes = [row.oven_minutes(Decimal(size)) for size in range(3, 41)]
        assert minutes == sorted(minutes)
    assert standing_at(all_standing()[0].effective_from) == all_standing()[0]


def test_every_occasion_has_a_name_in_both_languages():
    plainly = parse_design(plain())
    for event in EventType.values:
        changed = parse_design({**plain(), "event_type": event})
        for language in ("en", "fr"):
            told = differences_of(plainly, changed, CHOICES, language)
            assert len(told) == (event != "other")
            assert language == "en" or EventType(event).label not in "".join(told)


TAKES = {
    1: Choice(id=1, kind="flavour", name="Vanilla", recipe_id=1, grams=Decimal(5)),
    2: Choice(id=2, kind="filling", name="Cream", grams=Decimal(4), minutes=Decimal("0.05")),
    5: Choice(id=5, kind="finish", name="Fondant", recipe_id=2, grams=Decimal(3)),
    7: Choice(id=7, kind="decoration", name="Flower", minutes=Decimal(9), most=200),
}
PRICES = {1: Fraction(1, 500), 2: None}


def needs(size, height, layers, tiers, flowers):
    """Cost, minutes of people and oven, and grams of a cake."""
    rows = [
        {
            "shape": "round",
            "length_in": str(size),
            "height_in": str(height),
            "layers": layers,
            "flavour_id": 1,
            "filling_id": 2,
        }
    ] * tiers
    decorations = [{"option_id": 7, "count": flowers}]
    design = parse_design({"tiers": rows, "finish_id": 5, "decorations": decorations})
    amounts, standing = amounts_of(design, TAKES), all_standing()[-1]
    work = work_of(design, amounts, standing, factor=Decimal(1))
    cost = cost_of(amounts, PRICES, standing)
    return cost.amount, work.labour, work.oven, weight_of(amounts)


@given(
    st.tuples(st.integers(3, 20), st.integers(4, 8), st.integers(1, 7), st.integers(1, 5), COUNTS),
    st.sampled_from(range(5)),
)
@settings(max_examples=60)
def test_more_of_anything_never_takes_less(cake, which):
    more = list(cake)
    more[which] = min(more[which] + 1, 200)
    for less, greater in zip(needs(*cake), needs(*more), strict=True):
        assert 0 < less <= greater
