"""The shop in a real browser: it looks after itself without errors, and buying starts here."""

import pytest

from apps.catalog.states import ProductKind
from tests.catalog.factories import KNOWN, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def watched_page(browser, **viewport):
    """A page and the list of what goes wrong on it, CSP violations included."""
    page, wrong = browser.new_page(viewport=viewport), []
    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "response", lambda reply: reply.status < 400 or wrong.append(f"{reply.status} {reply.url}")
    )
    return page, wrong


@pytest.mark.parametrize("width", [360, 1280])
def test_shop_has_no_errors_and_never_scrolls_sideways(browser, live_server, width):
    make_product("Layer cake", kind=ProductKind.CAKE, allergens=KNOWN, size={"made_to_order": True})
    make_product("Rye with a very long name that has to break somewhere on a phone")
    page, wrong = watched_page(browser, width=width, height=800)
    for address in ("/", "/shop/", "/shop/layer-cake/"):
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(i => !i.complete || i.naturalWidth > 0)")
        assert page.locator("h1").count() == 1
    assert wrong == []


def test_a_cake_with_a_message_goes_into_the_cart(browser, live_server):
    make_product(
        "Layer cake",
        kind=ProductKind.CAKE,
        prices=("48.00", "64.00"),
        size={"made_to_order": True, "message_max_length": 40},
    )
    page, wrong = watched_page(browser, width=1280, height=800)
    page.goto(live_server.url)
    page.get_by_role("link", name="Layer cake").click()
    page.get_by_label("Size 2").check()
    page.get_by_label("Message on the cake").fill("Happy birthday, Zoë 🎂")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart/")
    assert "Happy birthday, Zoë 🎂" in page.content()
    assert "64.00" in page.content()
    assert wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_filters_are_a_drawer_on_a_phone_and_stand_open_beside_the_shelf(
    browser, live_server, width
):
    make_product("Rye", diet_tags=["vegan"], size={"made_to_order": True})
    make_product("Brioche", size={"made_to_order": True})
    page, wrong = watched_page(browser, width=width, height=800)
    page.goto(f"{live_server.url}/shop/")
    vegan = page.get_by_role("link", name="Vegan 1 product")
    assert vegan.is_visible() == (width > 1000)
    if width < 1000:
        page.locator(".filters-handle").focus()
        page.keyboard.press("Enter")
    vegan.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/shop/?diet=vegan")
    assert page.locator(".card").count() == 1
    page.get_by_role("link", name="Remove Vegan").press("Enter")
    page.wait_for_url("**/shop/")
    assert page.locator(".card").count() == 2
    assert wrong == []
