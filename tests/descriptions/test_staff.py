"""Drafts in the console and over the API: the same services, the same refusals."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.descriptions import services
from apps.descriptions.models import Draft
from bakery.kernel import outbox
from tests.accounts import people
from tests.catalog.factories import AT, make_product
from tests.descriptions.factories import NAME, ask, make_cake, make_draft, texts_of

pytestmark = pytest.mark.django_db
API, PAGE = "/api/v1/staff", "/console/descriptions/draft/product"
FINE = {
    "short": "Dark chocolate and raspberry.",
    "long": "A cake of dark chocolate.\n\nChoose a size.",
    "seo": "Chocolate raspberry cake.",
}


def page_fields(page, **changes):
    """What the form on a page would send."""
    html = page.content.decode()
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    return {**found, **FINE, **changes}


def test_a_manager_drafts_edits_and_publishes_in_the_console(console):
    product = make_cake(short_description="Before.")
    page = console.get(f"{PAGE}/{product.pk}/")
    assert "Draft a description" in page.content.decode()
    asked = {"do": "ask", "tone": "fun", "event_type": "birthday", "language": "en"}
    assert console.post(f"{PAGE}/{product.pk}/", asked).status_code == 302
    waiting = console.get(f"{PAGE}/{product.pk}/").content.decode()
    assert 'http-equiv="refresh"' in waiting
    outbox.drain_all()
    page = console.get(f"{PAGE}/{product.pk}/")
    assert "Before." in page.content.decode()
    assert 'http-equiv="refresh"' not in page.content.decode()
    checked = console.post(
        f"{PAGE}/{product.pk}/",
        page_fields(page, do="check", short="A nut-free cake."),
        follow=True,
    )
    html = checked.content.decode()
    assert '<mark class="words-never"' in html
    assert "Nobody may publish this" in html
    assert texts_of(product)[0] == "Before."
    done = console.post(
        f"{PAGE}/{product.pk}/", page_fields(checked, do="publish"), follow=True
    ).content.decode()
    assert "Published: the shop shows these texts now." in done
    assert texts_of(product) == tuple(FINE.values())
    assert "<ins>" in done
    shown = console.get(f"/shop/{product.slug}/").content.decode()
    assert '<meta name="description" content="Chocolate raspberry cake.">' in shown
    assert "Dark chocolate and raspberry." in shown


def test_what_was_typed_stays_when_it_is_refused(console):
    product = make_cake()
    make_draft(product)
    page = console.get(f"{PAGE}/{product.pk}/")
    typed = page_fields(page, do="publish", short="Award-winning cake of raspberry.")
    refused = console.post(f"{PAGE}/{product.pk}/", typed)
    assert refused.status_code == 400
    html = refused.content.decode()
    assert "Award-winning cake of raspberry." in html
    assert 'name="reason"' in html
    stale = console.post(f"{PAGE}/{product.pk}/", {**typed, "short": "Typed by the second."})
    assert stale.status_code == 409
    assert "Typed by the second." in stale.content.decode()
    again = page_fields(stale, do="publish", short=typed["short"], reason="Gold in 2025.")
    assert console.post(f"{PAGE}/{product.pk}/", again).status_code == 302
    assert texts_of(product)[0] == typed["short"]


def test_buttons_put_aside_and_write_again(console):
    product = make_cake()
    draft = make_draft(product)
    fields = page_fields(console.get(f"{PAGE}/{product.pk}/"), do="discard")
    assert console.post(f"{PAGE}/{product.pk}/", fields).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "discarded"
    failed = ask(product)
    Draft.objects.filter(pk=failed).update(status="failed")
    fields = page_fields(console.get(f"{PAGE}/{product.pk}/"), do="again")
    assert console.post(f"{PAGE}/{product.pk}/", fields).status_code == 302
    outbox.drain_all()
    assert Draft.objects.get(pk=failed).status == "ready"


def test_odd_addresses_and_fields_are_no_errors_of_ours(console):
    product = make_cake()
    make_draft(product)
    address = f"{PAGE}/{product.pk}/"
    assert console.get(f"{PAGE}/{2**63}/").status_code == 404
    assert console.get(f"{PAGE}/999999/").status_code == 404
    assert console.get(f"{address}?draft=9{'9' * 30}").status_code == 200
    page = page_fields(console.get(address))
    for wrong, status in (
        ({"do": "publish", "read_at": "yesterday"}, 409),
        ({"do": "publish", "read_at": "2026-13-45T99:99:99Z"}, 409),
        ({"do": "publish", "version": "²"}, 409),
        ({"do": "check", "short": "a\x00b"}, 400),
        ({"do": "check", "short": "x" * 300}, 400),
        ({"do": "explode"}, 404),
        ({"do": "publish", "draft": "nothing"}, 404),
        ({"do": "ask", "tone": "shouting"}, 400),
        ({"do": "ask", "tone": "fun", "language": "en", "flavour": "a\x00"}, 400),
    ):
        fields = {**page_fields(console.get(address)), **page, **wrong}
        fields["version"] = wrong.get("version", str(Draft.objects.get().version))
        assert console.post(address, fields).status_code == status, wrong


def test_what_the_shop_says_against_its_own_data_is_told(console):
    product = make_cake(description="Our famous cake, free from nuts and full of raspberries.")
    page = console.get(f"{PAGE}/{product.pk}/").content.decode()
    assert "The shop says what must not stand" in page
    assert "free from nuts" in page.split("The shop says what must not stand")[1][:400]
    told = make_cake_without_claim()
    assert "must not stand" not in console.get(f"{PAGE}/{told.pk}/").content.decode()


def make_cake_without_claim():
    return make_product("Plain torte", description="A torte of almonds for slow afternoons.")


def test_who_may_not_publish_sees_no_button():
    product = make_cake()
    make_draft(product)
    cashier = people.browser(people.staff("cashier"), verified=True)
    assert cashier.get(f"{PAGE}/{product.pk}/").status_code == 403
    assert cashier.post(f"{PAGE}/{product.pk}/", {"do": "ask"}).status_code == 403


def test_the_list_names_products_and_takes_as_many_statements_for_many(console):
    first = make_cake()
    make_draft(first)

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            page = console.get("/console/descriptions/draft/")
        assert NAME in page.content.decode()
        return len(caught)

    statements()
    few = statements()
    for _ in range(5):
        make_draft(first)
    assert statements() == few


def test_a_custom_cakes_draft_is_shown_to_staff_and_to_nobody_else(manager_api, client):
    facts = {"name": "Custom cake", "flavour": "lemon and elderflower"}
    key = services.internal_draft(number="R-77", facts=facts, asked_by="system:x", at=AT)
    outbox.drain_all()
    staff = people.browser(people.staff("administrator"), verified=True)
    page = staff.get(f"/console/descriptions/draft/{key}/change/").content.decode()
    assert "lemon and elderflower" in page
    assert "never published" in page
    for address in (f"drafts/{key}", f"drafts/{key}/publish", f"drafts/{key}/discard"):
        method = manager_api.get if address.endswith(str(key)) else manager_api.post
        assert method(f"{API}/{address}", {"version": 1}).status_code == 404
    for address in ("/api/v1/products", "/shop/", "/", "/api/schema/"):
        assert "lemon and elderflower" not in client.get(address).content.decode()


def test_the_whole_way_over_the_api(manager_api):
    product = make_cake()
    asked = manager_api.post(f"{API}/products/{product.pk}/drafts", {"tone": "elegant"})
    assert (asked.status_code, asked.json()["status"]) == (202, "queued")
    outbox.drain_all()
    address = f"{API}/drafts/{asked.json()['id']}"
    draft = manager_api.get(address).json()
    assert (draft["status"], draft["product_id"], draft["problems"]) == ("ready", product.pk, [])
    version = draft["version"]
    doubted = manager_api.put(address, {**FINE, "short": "Organic.", "version": version}).json()
    assert (doubted["status"], doubted["problems"][0]["kind"]) == ("refused", "claim")
    seen = manager_api.get(f"{API}/products/{product.pk}").json()["updated_at"]
    given = {"version": version + 1, "product_updated_at": seen}
    refused = manager_api.post(f"{address}/publish", given)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "reason_missing")
    stale = manager_api.put(address, {**FINE, "version": version})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_draft")
    manager_api.put(address, {**FINE, "version": version + 1})
    done = manager_api.post(f"{address}/publish", {**given, "version": version + 2}).json()
    assert (done["status"], done["publication"]["final"]) == ("published", FINE)
    assert texts_of(product) == tuple(FINE.values())
    assert manager_api.get(f"{API}/products/{product.pk}").json()["seo_description"] == FINE["seo"]
    assert [row["id"] for row in manager_api.get(f"{API}/products/{product.pk}/drafts").json()] == [
        done["id"]
    ]
    again = manager_api.post(f"{address}/discard", {"version": done["version"]})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_transition")


def test_odd_requests_are_refused_in_words(manager_api):
    product = make_cake()
    draft = make_draft(product)
    address = f"{API}/drafts/{draft.pk}"
    assert manager_api.get(f"{API}/drafts/{2**63}").status_code == 404
    assert manager_api.post(f"{API}/products/{2**70}/drafts", {}).status_code == 404
    for body in (
        {**FINE, "version": "1"},
        {**FINE, "version": 2**40},
        {**FINE, "version": 1, "short": "x" * 201},
        {**FINE, "version": 1, "long": ["a"]},
        {"version": 1},
        [],
    ):
        assert manager_api.put(address, body).status_code == 400, body
    for body in ({"tone": "x"}, {"event_type": "x"}, {"language": "x"}, {"flavour": "x" * 400}):
        reply = manager_api.post(f"{API}/products/{product.pk}/drafts", body)
        assert reply.status_code == 400, body
    assert manager_api.post(f"{address}/publish", {"version": 1}).status_code == 400
    assert manager_api.post(f"{address}/retry", {"version": draft.version}).status_code == 409


def test_who_may_not_publish_may_not_draft_either(decorator_api):
    product = make_cake()
    draft = make_draft(product)
    for method, address in (
        ("get", f"drafts/{draft.pk}"),
        ("put", f"drafts/{draft.pk}"),
        ("post", f"drafts/{draft.pk}/publish"),
        ("post", f"products/{product.pk}/drafts"),
    ):
        assert getattr(decorator_api, method)(f"{API}/{address}").status_code == 403
