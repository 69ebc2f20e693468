"""Choosing between a picture and its cut-out, in the console and over the API."""

import pytest
from django.urls import reverse

from apps.catalog import services
from apps.catalog.adapters import cutting
from apps.catalog.models import Cutout, Picture
from apps.catalog.states import CutoutStatus
from tests.accounts import people
from tests.catalog.cutouts import DOUBTFUL, FakeCutter, make_picture, result
from tests.catalog.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
NOBODYS = "3c0f2f5e-7a44-4a3e-9a6e-0f5b8f2f6d11"


@pytest.fixture
def picture():
    return make_picture()


@pytest.fixture
def cut(picture, monkeypatch):
    """Cut the picture out with an answer of the test's choice."""

    def run(answer=None):
        monkeypatch.setattr(cutting, "cut", FakeCutter(answer or result()))
        cutout = services.request_cutout(picture_id=picture.pk, at=AT)
        services.run_cutout(cutout_id=cutout.pk, run=cutout.run, at=AT)
        return Cutout.objects.get(pk=cutout.pk)

    return run


def api(picture, path=""):
    return f"/api/v1/staff/pictures/{picture.pk}/{path}"


def page(picture):
    return reverse("admin:catalog_picture_change", args=[picture.pk])


def button(picture, action):
    return reverse("admin:catalog_picture_do", args=[picture.pk, action])


def test_the_api_asks_waits_looks_and_chooses(manager_api, picture, cut):
    assert manager_api.get(api(picture, "cutout")).json()["status"] == "none"
    asked = manager_api.post(api(picture, "cutout"))
    assert (asked.status_code, asked.json()["status"]) == (202, "queued")
    assert manager_api.get(api(picture, "cutout/png")).json()["error"]["code"] == "cutout_not_found"
    cut()
    done = manager_api.get(api(picture, "cutout")).json()
    assert (done["status"], done["score"], done["shown"]) == ("done", 1.0, "original")
    png = manager_api.get(done["png"])
    assert (png.content, png["Content-Type"]) == (result().png, "image/png")
    assert png["Cache-Control"] == "no-store"
    shown = manager_api.post(api(picture, "shown"), {"shown": "cutout"})
    assert (shown.status_code, shown.json()["shown"]) == (200, "cutout")
    assert manager_api.post(api(picture, "shown"), {"shown": "original"}).json()["shown"] == (
        "original"
    )


def test_the_api_refuses_a_doubtful_one_with_its_reasons(manager_api, picture, cut):
    cut(result(DOUBTFUL))
    refused = manager_api.post(api(picture, "shown"), {"shown": "cutout"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "cutout_flagged")
    assert refused.json()["error"]["details"]["reasons"] == ["faint_edge"]
    body = {"shown": "cutout", "accept_flagged": True}
    assert manager_api.post(api(picture, "shown"), body).status_code == 200


@pytest.mark.parametrize("body", [{}, {"shown": "both"}, {"shown": 7}, {"shown": None}, []])
def test_the_api_answers_bad_choices_with_400(manager_api, picture, body):
    assert manager_api.post(api(picture, "shown"), body, format="json").status_code == 400
    assert Picture.objects.get().shown == "original"


def test_the_api_knows_no_picture_that_is_not_there(manager_api):
    base = f"/api/v1/staff/pictures/{NOBODYS}"
    replies = [
        manager_api.get(f"{base}/cutout"),
        manager_api.post(f"{base}/cutout"),
        manager_api.get(f"{base}/cutout/png"),
        manager_api.post(f"{base}/shown", {"shown": "original"}),
        manager_api.post(f"{base}/shown", {"shown": "cutout"}),
    ]
    assert [reply.status_code for reply in replies] == [404] * 5


def test_the_console_shows_both_and_takes_the_choice(console, picture, cut):
    assert b"Remove the background" in console.get(page(picture)).content
    console.post(button(picture, "cut"))
    waiting = console.get(page(picture)).content.decode()
    assert "chooser.js" in waiting
    assert "<noscript>" in waiting
    assert "Use the cut-out" not in waiting
    cut()
    both = console.get(page(picture)).content.decode()
    preview = reverse("admin:catalog_picture_preview", args=[picture.pk])
    assert preview in both
    assert console.get(preview).content == result().preview
    assert "chooser.js" not in both
    chosen = console.post(button(picture, "cutout"), follow=True)
    assert "The shop shows the cut-out now." in chosen.content.decode()
    assert Picture.objects.get().shown == "cutout"
    console.post(button(picture, "original"))
    assert Picture.objects.get().shown == "original"
    again = console.post(button(picture, "cut"), follow=True).content.decode()
    assert "From the last run" in again


def test_the_console_wants_a_word_for_a_doubtful_one(console, picture, cut):
    cut(result(DOUBTFUL))
    shown = console.get(page(picture)).content.decode()
    assert "nearly the colour of what is behind it" in shown
    assert 'name="accept"' in shown
    refused = console.post(button(picture, "cutout"), follow=True)
    assert "doubtful" in refused.content.decode()
    assert Picture.objects.get().shown == "original"
    console.post(button(picture, "cutout"), {"accept": "1"})
    assert Picture.objects.get().shown == "cutout"


def test_the_console_says_why_there_is_none(console, picture, cut):
    cut(cutting.CannotCut("model_missing"))
    shown = console.get(page(picture)).content.decode()
    assert "not installed here" in shown
    assert "The original is untouched" in shown
    assert "Cut out again" in shown


def test_the_page_that_waits_hears_of_every_change(console, picture, cut):
    address = reverse("admin:catalog_picture_status", args=[picture.pk])
    assert console.get(address).json() == {"status": "none", "run": 0, "open": False}
    services.request_cutout(picture_id=picture.pk, at=AT)
    assert console.get(address).json() == {"status": "queued", "run": 1, "open": True}
    Cutout.objects.update(status=CutoutStatus.QUEUED)
    cut()
    assert console.get(address).json() == {"status": "done", "run": 1, "open": False}


def test_the_consoles_list_finds_pictures_by_product_and_state(console, picture, cut):
    cut(result(DOUBTFUL))
    other = make_picture(name="Rye")
    address = reverse("admin:catalog_picture_changelist")
    both = console.get(address).content.decode()
    assert both.count("chooser-small") == 2
    flagged = console.get(address, {"cutout": "flagged"}).content.decode()
    assert str(picture.pk) in flagged
    assert str(other.pk) not in flagged
    assert str(other.pk) in console.get(address, {"cutout": "none"}).content.decode()
    by_product = console.get(address, {"product__id__exact": other.product_id}).content.decode()
    assert str(picture.pk) not in by_product
    linked = console.get(reverse("admin:catalog_product_change", args=[other.product_id]))
    assert f"?product__id__exact={other.product_id}" in linked.content.decode()


def test_the_list_costs_the_same_for_few_and_many(console, django_assert_max_num_queries):
    address = reverse("admin:catalog_picture_changelist")
    counts = []
    for wanted in (2, 6):
        for number in range(Picture.objects.count(), wanted):
            services.request_cutout(picture_id=make_picture(name=f"Cake {number}").pk, at=AT)
        console.get(address)
        with django_assert_max_num_queries(20) as queries:
            console.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("action", ["cut", "cutout", "original"])
def test_the_buttons_are_for_those_who_may_change_products(picture, action):
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.post(button(picture, action)).status_code == 403
    assert kitchen.get(page(picture)).status_code == 403
    assert not Cutout.objects.exists()


def test_the_console_knows_no_picture_that_is_not_there(console, picture):
    assert console.get("/console/catalog/picture/not-a-uuid/change/").status_code == 404
    base = f"/console/catalog/picture/{NOBODYS}"
    addresses = (f"{base}/change/", f"{base}/cut/preview/", f"{base}/cut/status/")
    assert [console.get(address).status_code for address in addresses] == [404] * 3
    assert console.post(f"{base}/do/cut/").status_code == 404
    assert console.post(button(picture, "paint")).status_code == 404
    assert console.get(button(picture, "cut")).status_code == 405
