"""Pictures in a real browser: the right size is fetched, and nothing jumps."""

import pytest

from apps.catalog import services
from apps.catalog.models import Picture
from apps.catalog.states import ProductKind
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import picture
from tests.catalog.test_browser import watched_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage"),
]


def test_a_browser_takes_the_size_that_fits_and_keeps_its_place_free(browser, live_server):
    product = make_product("Layer cake", kind=ProductKind.CAKE, size={"made_to_order": True})
    services.set_image(product_id=product.pk, data=picture(size=(1600, 1000)), at=AT)
    kept = Picture.objects.get().renditions["webp"]
    for width, expected in ((340, "320"), (1280, "640")):
        page, wrong = watched_page(browser, width=width, height=800)
        page.goto(live_server.url + "/shop/layer-cake/")
        shown = page.locator("img.portrait")
        assert shown.evaluate("i => i.decode().then(() => i.currentSrc)").endswith(kept[expected])
        assert shown.evaluate("i => i.naturalWidth / i.naturalHeight") == pytest.approx(1.6, 0.01)
        assert shown.get_attribute("width") == "1600"
        box = shown.bounding_box()
        assert box["width"] > 200
        # at the top of the page, beside the form or above it
        assert box["y"] <= page.locator(".buy").bounding_box()["y"]
        assert wrong == []
