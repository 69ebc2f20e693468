"""The chooser in a real browser: it follows the worker by itself and shows every ground."""

import pytest
from django.urls import reverse

from apps.catalog import services
from apps.catalog.adapters import cutting
from apps.catalog.models import Cutout, Picture
from tests.accounts import people
from tests.catalog.cutouts import DOUBTFUL, FakeCutter, make_picture, photo_of, result
from tests.catalog.factories import AT
from tests.catalog.test_browser import watched_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("storage"),
]


def signed_in(page, live_server):
    session = people.browser(people.staff("manager"), verified=True).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


def test_the_chooser_follows_the_worker_and_takes_a_considered_choice(
    browser, live_server, monkeypatch
):
    monkeypatch.setattr(cutting, "cut", FakeCutter(result(DOUBTFUL)))
    picture = make_picture(photo_of("pink cake, blue wall", scale=0.3))
    page, wrong = watched_page(browser, width=390, height=900)
    signed_in(page, live_server)
    page.goto(live_server.url + reverse("admin:catalog_picture_change", args=[picture.pk]))
    page.get_by_role("button", name="Remove the background").click()
    page.get_by_text("A worker is at it").wait_for()
    cutout = Cutout.objects.get()
    services.run_cutout(cutout_id=cutout.pk, run=1, at=AT)
    page.get_by_text("Look closely before you use").wait_for()
    stage = page.locator(".chooser-live")
    grounds = set()
    for ground in page.get_by_role("radio").all():
        ground.check()
        grounds.add(stage.evaluate("e => getComputedStyle(e).background"))
    assert len(grounds) == 6
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    # without the considered word the form is not sent at all
    page.get_by_role("button", name="Use the cut-out").click()
    assert Picture.objects.get().shown == "original"
    page.get_by_label("I looked at it").check()
    page.get_by_role("button", name="Use the cut-out").click()
    page.get_by_text("The shop shows the cut-out now.").wait_for()
    page.get_by_role("button", name="Use the original").click()
    page.get_by_text("The shop shows the original now.").wait_for()
    assert wrong == []
