"""A manager drafts, corrects and publishes a description in a real browser, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from bakery.kernel import outbox
from tests.accounts import people
from tests.catalog.test_browser import watched_page
from tests.descriptions.factories import make_cake, texts_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage"),
]


def test_a_description_from_draft_to_shop(browser, live_server):
    product = make_cake()
    session = people.browser(people.staff("manager"), verified=True).cookies["sessionid"].value
    page, wrong = watched_page(browser, width=1280, height=900)
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/console/catalog/product/{product.pk}/change/")
    page.locator(".object-tools a", has_text="Descriptions").click()
    page.get_by_label("Tone").select_option("luxury")
    page.get_by_label("Occasion").select_option("wedding")
    page.get_by_role("button", name="Draft a description").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("being written")
    outbox.drain_all()
    # The page looks again by itself.
    expect(page.locator("#id_short")).to_be_visible()
    page.locator("#id_short").fill("A nut-free cake of dark chocolate and raspberry.")
    page.get_by_role("button", name="Save and check again").press("Enter")
    expect(page.locator("mark.words-never")).to_have_text("nut-free")
    assert wrong == []
    page.locator("#id_short").fill("A cake of dark chocolate and raspberry.")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Published")
    assert texts_of(product)[0] == "A cake of dark chocolate and raspberry."
    page.goto(f"{live_server.url}/shop/{product.slug}/")
    assert page.locator("meta[name=description]").get_attribute("content") == texts_of(product)[2]
    assert wrong == []
