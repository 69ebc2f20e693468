"""From asking for a draft to publishing it, and that nothing but a person ever publishes."""

import pytest

from apps.catalog import services as catalog
from apps.catalog.models import Product
from apps.catalog.states import ProductKind
from apps.descriptions import selectors, services
from apps.descriptions.models import Draft, Publication
from apps.descriptions.services.asking import AUTOMATIC
from apps.descriptions.states import Composer, DraftStatus, Subject, Tone
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound, Refused
from bakery.kernel.models import AuditEntry
from tests.catalog.factories import AT, make_product
from tests.descriptions.factories import ACTOR, NAME, ask, make_cake, make_draft, texts_of

pytestmark = pytest.mark.django_db
TYPED = {
    "short": "Dark chocolate and raspberry.",
    "long": "A cake of dark chocolate and raspberry.\n\nChoose a size.",
    "seo": "Chocolate raspberry cake, baked by us.",
}


def publish(draft, **given):
    product_id = int(draft.reference)
    given = {
        "expected_version": draft.version,
        "read_at": read_at(product_id),
        "actor": ACTOR,
        "at": AT,
        **given,
    }
    return services.publish_draft(draft_id=draft.pk, **given)


def read_at(product_id):
    return Product.objects.get(pk=product_id).updated_at


def edit(draft, **texts):
    return services.edit_draft(
        draft_id=draft.pk,
        expected_version=draft.version,
        texts={**TYPED, **texts},
        actor=ACTOR,
        at=AT,
    )


def test_a_draft_is_written_from_the_data_and_published_by_a_person():
    product = make_cake()
    draft = make_draft(product, tone=Tone.FUN, event_type="birthday", flavour="dark chocolate")
    assert (draft.status, draft.composer, draft.problems) == ("ready", "template", [])
    assert NAME in draft.short
    assert "dark chocolate" in draft.long
    assert "raspberry purée" in draft.long
    assert "birthday" in draft.long
    assert texts_of(product) == ("", "", "")
    publication = publish(draft)
    assert texts_of(product) == (draft.short, draft.long, draft.seo)
    assert publication.before == {"short": "", "long": "", "seo": ""}
    assert publication.drafted == publication.final
    assert publication.likeness == 1
    draft.refresh_from_db()
    assert draft.status == DraftStatus.PUBLISHED


def test_the_difference_between_draft_and_published_text_is_kept():
    draft = make_draft(make_cake(short_description="Before."))
    edited = edit(draft)
    publication = publish(edited)
    assert publication.before["short"] == "Before."
    assert publication.drafted["short"] == draft.short != TYPED["short"]
    assert publication.final == TYPED
    assert 0 < publication.likeness < 1
    entry = AuditEntry.objects.get(action="publish_draft")
    assert entry.changes["short"] == ["Before.", TYPED["short"]]


def test_nothing_is_ever_published_by_itself(settings):
    settings.DRAFTS_AUTOMATIC = True
    product = make_product("Plain cake", kind=ProductKind.CAKE, category="Cakes")
    outbox.drain_all()
    draft = Draft.objects.get()
    assert (draft.reference, draft.asked_by, draft.status) == (str(product.pk), AUTOMATIC, "ready")
    assert texts_of(product) == ("", "", "")
    assert not Publication.objects.exists()


def test_only_a_cake_of_which_nothing_is_said_gets_a_draft_by_itself(settings):
    settings.DRAFTS_AUTOMATIC = True
    make_product("Rye")
    make_product("Told cake", kind=ProductKind.CAKE, description="Told.")
    outbox.drain_all()
    assert not Draft.objects.exists()
    later = make_product("Later told", kind=ProductKind.CAKE)
    catalog.update_product(product_id=later.pk, changes={"description": "Now told."}, at=AT)
    outbox.drain_all()
    assert not Draft.objects.exists()


def test_settings_may_keep_new_cakes_without_a_draft():
    make_product("Plain cake", kind=ProductKind.CAKE)
    outbox.drain_all()
    assert not Draft.objects.exists()


def test_asking_while_one_waits_returns_that_one():
    product = make_cake()
    assert ask(product) == ask(product, tone=Tone.LUXURY)
    outbox.drain_all()
    written = Draft.objects.get().pk
    assert ask(product) != written
    assert Draft.objects.count() == 2


def test_told_twice_a_draft_is_written_once():
    draft = make_draft()
    edited = edit(draft)
    services.write_draft(draft_id=draft.pk, version=0, at=AT)
    edited.refresh_from_db()
    assert edited.short == TYPED["short"]


def test_a_draft_put_aside_while_it_was_written_stays_aside(monkeypatch):
    key = ask(make_cake())
    original = services.writing.compose

    def slow(*args, **kwargs):
        services.discard_draft(draft_id=key, expected_version=0, actor=ACTOR, at=AT)
        return original(*args, **kwargs)

    monkeypatch.setattr(services.writing, "compose", slow)
    outbox.drain_all()
    assert Draft.objects.get(pk=key).status == DraftStatus.DISCARDED


def overtake(monkeypatch, key):
    """Let a second worker write the whole draft, and a person edit it, while the first composes."""
    original, overtaken = services.writing.compose, []

    def slow(*args, **kwargs):
        if not overtaken:
            overtaken.append(True)
            services.write_draft(draft_id=key, version=0, at=AT)
            edit(Draft.objects.get(pk=key))
        return original(*args, **kwargs)

    monkeypatch.setattr(services.writing, "compose", slow)
    services.write_draft(draft_id=key, version=0, at=AT)
    assert overtaken
    return Draft.objects.get(pk=key).short


def test_of_two_workers_at_one_draft_the_slower_writes_nothing(monkeypatch):
    assert overtake(monkeypatch, ask(make_cake())) == TYPED["short"]


@pytest.mark.control
def test_control_without_comparing_the_status_the_slower_undoes_a_persons_work(monkeypatch):
    def careless(subject, *, machine, to, actor, at, reason="", **columns):
        Draft.objects.filter(pk=subject.pk).update(status=to, **columns)

    with monkeypatch.context() as patch:
        key = ask(make_cake())
        patch.setattr(services.writing.states, "transition", careless)
        assert overtake(patch, key) != TYPED["short"]


def test_two_people_at_one_draft_do_not_undo_each_other():
    draft = make_draft()
    edit(draft)
    with pytest.raises(Conflict) as stale:
        edit(draft, short="Another raspberry.")
    assert stale.value.code == "stale_draft"
    with pytest.raises(Conflict, match="Somebody else changed this draft"):
        publish(draft)


def test_a_product_that_was_edited_meanwhile_is_not_overwritten():
    product = make_cake()
    draft = make_draft(product)
    seen = product.updated_at
    later = AT.replace(hour=13)
    catalog.update_product(
        product_id=product.pk, changes={"description": "By somebody else."}, at=later
    )
    with pytest.raises(Conflict) as stale:
        publish(draft, read_at=seen)
    assert stale.value.code == "edited_meanwhile"
    assert texts_of(product)[1] == "By somebody else."
    draft.refresh_from_db()
    assert draft.status == DraftStatus.READY


def test_an_allergen_claim_is_published_by_nobody():
    product = make_cake()
    draft = edit(make_draft(product), short="A nut-free cake of raspberry.")
    assert draft.status == DraftStatus.REFUSED
    assert draft.problems[0]["kind"] == "allergen"
    with pytest.raises(Invalid) as refused:
        publish(draft, reason="I am sure.")
    assert refused.value.code == "claim_refused"
    assert texts_of(product) == ("", "", "")


def test_another_doubt_needs_a_reason_which_is_kept():
    draft = edit(make_draft(), short="Award-winning raspberry cake.")
    assert (draft.status, draft.problems[0]["kind"]) == ("refused", "claim")
    with pytest.raises(Invalid) as missing:
        publish(draft)
    assert missing.value.code == "reason_missing"
    publication = publish(draft, reason="Gold at the county fair of 2025.")
    assert publication.reason == "Gold at the county fair of 2025."
    assert publication.problems[0]["words"] == "Award-winning"


def test_a_claim_that_was_true_when_drafted_is_checked_against_the_present_facts():
    product = make_product(
        "Almond-less torte",
        kind=ProductKind.CAKE,
        diet_tags=["nut_free"],
        allergens={"contains": ["egg"], "may_contain": []},
    )
    draft = edit(make_draft(product), short="A nut-free torte.", long="A torte.", seo="A torte.")
    assert [problem["kind"] for problem in draft.problems if problem["field"] == "short"] == []
    later = AT.replace(hour=14)
    changes = {"diet_tags": [], "allergens": {"contains": ["egg", "tree_nuts"], "may_contain": []}}
    catalog.update_product(product_id=product.pk, changes=changes, at=later)
    with pytest.raises(Invalid) as refused:
        publish(draft, reason="It was all right this morning.")
    assert refused.value.code == "claim_refused"


def test_texts_that_cannot_be_stored_are_refused():
    draft = make_draft()
    for field, text, code in (
        ("short", "x" * 201, "too_long"),
        ("seo", "x" * 161, "too_long"),
        ("long", "a\x00b", "unstorable_text"),
        ("short", "\ud800", "unstorable_text"),
        ("long", None, "bad_text"),
        ("long", ["a"], "bad_text"),
    ):
        with pytest.raises(Invalid) as refused:
            edit(draft, **{field: text})
        assert (refused.value.code, refused.value.details["field"]) == (code, field)


def test_an_empty_text_is_not_published():
    with pytest.raises(Invalid) as refused:
        publish(edit(make_draft(), seo=""), reason="Why not?")
    assert refused.value.code == "text_missing"


def test_what_is_asked_for_must_exist():
    product = make_cake()
    for wrong, code in (
        ({"tone": "shouting"}, "unknown_tone"),
        ({"event_type": "heist"}, "unknown_event_type"),
        ({"language": "tlh"}, "unknown_language"),
        ({"flavour": "x" * 301}, "bad_detail"),
        ({"decoration": "a\x00"}, "bad_detail"),
    ):
        with pytest.raises(Invalid) as refused:
            ask(product, **wrong)
        assert refused.value.code == code
    for reference in ("0", "999999999", "9" * 40, "abc", "-1", "²"):
        with pytest.raises(NotFound):
            services.ask_draft(
                subject=Subject.PRODUCT,
                reference=reference,
                tone=Tone.PLAIN,
                event_type="",
                asked_by=ACTOR,
                at=AT,
            )


def test_put_aside_is_put_aside():
    draft = make_draft()
    services.discard_draft(draft_id=draft.pk, expected_version=draft.version, actor=ACTOR, at=AT)
    draft.refresh_from_db()
    with pytest.raises(Conflict) as over:
        publish(draft)
    assert over.value.code == "draft_not_open"


def internal(number="R-1", **facts):
    told = {"name": "Custom cake", "flavour": "lemon sponge", "decoration": "sugar roses", **facts}
    return services.internal_draft(number=number, facts=told, asked_by="system:x", at=AT)


def test_a_custom_cakes_draft_stays_inside():
    key = internal()
    outbox.drain_all()
    draft = selectors.latest_draft(Subject.CUSTOM, "R-1")
    assert (draft.pk, draft.status, draft.composer) == (key, "ready", Composer.TEMPLATE)
    assert "lemon sponge" in draft.long
    with pytest.raises(Refused) as inside:
        services.publish_draft(
            draft_id=key, expected_version=draft.version, read_at=AT, actor=ACTOR, at=AT
        )
    assert inside.value.code == "internal_only"


def test_a_new_revision_drops_the_draft_that_waits():
    first = internal()
    second = internal(flavour="vanilla")
    outbox.drain_all()
    assert Draft.objects.get(pk=first).status == DraftStatus.DISCARDED
    assert selectors.latest_draft(Subject.CUSTOM, "R-1").pk == second


def test_a_draft_that_could_not_be_written_is_written_when_asked_again(monkeypatch):
    key = ask(make_cake())
    monkeypatch.setattr(
        services.writing.selectors,
        "facts_of_draft",
        lambda draft: (_ for _ in ()).throw(NotFound("product_not_found", "Gone.")),
    )
    outbox.drain_all()
    draft = Draft.objects.get(pk=key)
    assert (draft.status, draft.note) == ("failed", "The product is gone.")
    monkeypatch.undo()
    services.ask_again(draft_id=key, expected_version=draft.version, actor=ACTOR, at=AT)
    outbox.drain_all()
    draft.refresh_from_db()
    assert (draft.status, draft.note) == ("ready", "")
