"""What a text may say: nothing that the data do not, however it is spelled."""

import time
from dataclasses import replace
from datetime import date

import pytest

from apps.descriptions.rules.checking import BINDING, check
from apps.descriptions.rules.composing import compose, event_types
from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.reading import readings
from apps.descriptions.rules.texts import LIMITS, Texts, difference, likeness
from apps.descriptions.rules.wordlists import lists_at
from apps.descriptions.states import DRAFT_LIFE, DraftStatus, Tone
from tests.descriptions.claims import ALLERGEN, CAKE, OTHER, PASSES

ON = date(2026, 11, 23)
FINE = "Chocolate and raspberries."


def problems(text, facts=CAKE, field="long"):
    texts = dict.fromkeys(LIMITS, FINE) | {field: text}
    return [found for found in check(Texts(**texts), facts, on=ON) if found.field == field]


def kinds(text, facts=CAKE):
    return {found.kind for found in problems(text, facts)}


def test_no_unsupported_claim_about_allergens_passes():
    passed = [text for text in ALLERGEN if "allergen" not in kinds(text)]
    assert passed == []
    assert len(ALLERGEN) >= 60


@pytest.mark.parametrize("kind", OTHER)
def test_other_claims_are_refused(kind):
    assert [text for text in OTHER[kind] if kind not in kinds(text)] == []


def test_what_follows_from_the_data_passes():
    assert {text: found for text in PASSES if (found := problems(text))} == {}


def test_claims_hide_in_the_middle_of_a_good_text():
    good = " ".join(PASSES)
    for claim in ALLERGEN[::8]:
        assert "allergen" in kinds(f"{good} {claim} {good}"), claim


def test_a_problem_names_its_words_and_place():
    text = "A cake of chocolate. It is nut-free, they say."
    (found,) = problems(text)
    assert (found.kind, found.words, found.field) == ("allergen", "nut-free", "long")
    assert text[found.start : found.end] == "nut-free"
    assert found.is_binding


def test_claims_that_people_put_on_the_product_may_be_said_and_no_more():
    facts = Facts(name="Plain torte", claims=("nut_free", "vegan"), free_from=("tree_nuts",))
    for text in (
        "A nut-free torte.",
        "A vegan torte.",
        "Une torte sans noix.",
        "Nut-free & vegan.",
    ):
        assert kinds(text, facts) == set(), text
    for text in (
        "A torte from a nut-free kitchen.",
        "Guaranteed nut-free.",
        "100 percent nut-free.",
        "Nut-free and gluten-free.",
        "Nut-free, so safe for allergies.",
        "Nut-free and dairy-free.",
    ):
        assert "allergen" in kinds(text, facts), text


def test_an_allergen_that_is_in_the_cake_may_be_named_but_not_denied():
    assert kinds("Milk, eggs and wheat flour.") == set()
    assert "allergen" in kinds("Milk and eggs, but free of wheat.")
    assert "allergen" in kinds("Milk, eggs and wheat.", replace(CAKE, contains=(), ingredients=()))


def test_what_is_known_to_be_absent_is_still_no_claim():
    """A text outlives the facts of its day; claims are taken off when facts change."""
    assert "peanut" in CAKE.free_from
    assert "allergen" in kinds("Peanut-free.")


def test_a_text_that_is_missing_or_too_long_is_a_problem():
    assert [found.kind for found in problems("", field="seo")] == ["empty"]
    assert [found.kind for found in problems("x" * 161, field="seo")] == ["length"]
    assert "length" in BINDING


def test_words_of_the_data_are_no_claims():
    facts = replace(CAKE, decoration="Belgian chocolate shards")
    assert "claim" not in kinds("Topped with Belgian chocolate.", facts)
    assert "health" in kinds("A healthy cake.", replace(CAKE, name="Healthy cake"))


def test_readings_do_not_depend_on_spelling():
    for spelled in ("Nut-Free", "nut\u2011free", "\uff4e\uff55\uff54 free", "nút free"):
        assert [word.text for word in readings(spelled)[0]] == ["nut", "free"]
    assert ["gluten", "free"] in [[word.text for word in one] for one in readings("g1ut3n-fr33")]


def test_lists_are_dated_and_have_their_sources():
    early, late = lists_at(date(2020, 1, 1)), lists_at(ON)
    assert early == late
    assert {"allergen", "health", "price", "claim", "diet"} <= late.by_kind.keys()
    assert "nutfree" in late.supported["nut_free"]


def test_checking_is_quick_enough_for_every_keystroke_of_a_person():
    text = (" ".join(PASSES) * 3)[: LIMITS["long"]]
    began = time.perf_counter()
    problems(text)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("tone", Tone.values)
def test_what_is_composed_from_data_never_claims_more(tone, language):
    rich = replace(CAKE, flavour="dark chocolate", is_made_to_order=True)
    for facts in (rich, Facts(name="Loaf"), replace(rich, kind="custom")):
        for seed, event in enumerate([*sorted(event_types()), "", "other"]):
            texts = compose(
                replace(facts, event_type=event), tone=tone, seed=seed, language=language
            )
            assert check(texts, facts, on=ON) == ()
            assert 2 <= len(texts.long.split("\n\n")) <= 4


def test_composed_texts_differ_by_tone_and_seed_and_repeat_themselves_exactly():
    texts = [compose(CAKE, tone=tone, seed=seed) for tone in Tone.values for seed in range(6)]
    assert len({text.long for text in texts}) > 12
    assert compose(CAKE, tone="fun", seed=3) == compose(CAKE, tone="fun", seed=3)


def test_a_very_long_name_stays_within_the_limits():
    texts = compose(replace(CAKE, name="Very long name " * 8), tone="fun", seed=1)
    assert all(len(text) <= LIMITS[name] for name, text in texts.as_json().items())


def test_facts_survive_being_stored():
    assert Facts.from_json(CAKE.as_json()) == CAKE
    assert Facts.from_json({"name": "x", "of another release": 1}) == Facts(name="x")


def test_writers_are_not_told_what_must_not_be_said():
    told = CAKE.told()
    assert not {"contains", "free_from", "claims", "servings", "others", "said"} & told.keys()


def test_differences_lose_nothing():
    before, after = "A dark cake.\n\nWith roses.", "A very dark cake.\n\nWith a ribbon."
    segments = difference(before, after)
    assert "".join(part.text for part in segments if part.how != "new") == before
    assert "".join(part.text for part in segments if part.how != "gone") == after


def test_likeness_runs_from_nothing_to_all():
    same = {"short": "a b", "long": "c d", "seo": "e"}
    assert likeness(same, same) == 1
    assert likeness(same, {"short": "x", "long": "y", "seo": "z"}) == 0
    assert likeness({}, {"short": "", "long": "", "seo": ""}) == 1


@pytest.mark.parametrize("old", DraftStatus)
@pytest.mark.parametrize("new", DraftStatus)
def test_the_life_of_a_draft(old, new):
    allowed = {
        "queued": {"ready", "refused", "failed", "discarded"},
        "ready": {"published", "discarded", "refused"},
        "refused": {"ready", "published", "discarded"},
        "failed": {"queued", "discarded"},
    }
    assert DRAFT_LIFE.allows(old, new) == (new in allowed.get(old, set()))
