"""The form and the page of a request, as a browser without scripts uses them."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.custom_cakes import selectors
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.showing import status_text
from apps.custom_cakes.states import OptionKind, RequestStatus
from bakery.kernel import clock
from tests.custom_cakes.factories import make_options, make_wishes, submit
from tests.custom_cakes.offers import approve, counter
from tests.custom_cakes.test_photos import picture
from tests.orders.factories import make_slot, on_open_day

pytestmark = pytest.mark.django_db
FORM = "/custom-cakes/"
_ERROR = re.compile(r'class="errors"[^>]*>([^<]+)')


def typed(**values) -> dict:
    """Return what a browser sends of a filled form."""
    chosen = make_options()
    wanted = clock.shop_date(on_open_day(30))
    make_slot(clock.start_of_shop_day(wanted) + timedelta(hours=11))
    return {
        "key": str(uuid4()),
        "tiers.0.shape": "round",
        "tiers.0.length_in": "10",
        "tiers.0.width_in": "",
        "tiers.0.height_in": "4",
        "tiers.0.layers": "2",
        "tiers.0.flavour_id": str(chosen[OptionKind.FLAVOUR].pk),
        "tiers.0.filling_id": "",
        "finish_id": str(chosen[OptionKind.FINISH].pk),
        f"decorations.{chosen[OptionKind.DECORATION].pk}": "3",
        "colours": "sage",
        "event_type": "birthday",
        "style": "party",
        "guests": "20",
        "wanted_on": wanted.isoformat(),
        "fulfilment": "pickup",
        "budget": "250",
        "inscription": "Zoë",
        "words": "With a fox.",
        "name": "Ada Byron",
        "email": "ada@example.com",
        "language": "fr",
        "do": "submit",
        **values,
    }


def test_the_form_is_sent_and_leads_to_the_request(client):
    page = client.get(FORM)
    assert page.status_code == 200
    data = typed()
    sent = client.post(FORM, data)
    assert sent.status_code == 303, texts_of(sent)
    made = CakeRequest.objects.get()
    assert sent["Location"] == selectors.path_of(made)
    shown = client.get(sent["Location"]).content.decode()
    assert made.number in shown
    assert "Waiting for our review" in shown
    assert "ada@example.com" not in shown
    again = client.post(FORM, data)
    assert again["Location"] == sent["Location"]
    assert CakeRequest.objects.count() == 1


def texts_of(response) -> list[str]:
    """Return the sentences beside the fields."""
    return [html.unescape(text) for text in _ERROR.findall(response.content.decode())]


def test_what_is_wrong_is_named_and_nothing_typed_is_lost(client):
    sent = client.post(FORM, typed(**{"tiers.0.length_in": "8.123", "email": "ada", "guests": "x"}))
    assert sent.status_code == 400
    page = html.unescape(sent.content.decode())
    assert len(texts_of(sent)) == 3
    for text in ("8.123", 'value="ada"', "With a fox.", "sage", "Zoë", 'value="250"'):
        assert text in page
    assert not CakeRequest.objects.exists()


def test_tiers_come_and_go_without_a_script(client):
    more = client.post(FORM, typed(do="add_tier")).content.decode()
    assert "tiers.1.shape" in more
    assert re.search(r'name="tiers.1.length_in"[^>]*value="8"', more)
    two = typed(do="remove_tier:1", **{"tiers.1.shape": "round", "tiers.1.length_in": "8"})
    fewer = client.post(FORM, two).content.decode()
    assert "tiers.1.shape" not in fewer
    assert not CakeRequest.objects.exists()


def test_the_estimate_is_a_button_without_a_script_and_a_part_of_the_page_with_one(client):
    data = typed(do="estimate")
    page = client.post(FORM, data).content.decode()
    part = client.post("/custom-cakes/estimate/", data).content.decode()
    shown = re.search(r'estimate-range"><strong>([^<]+)', part)
    assert shown
    assert shown[1] in page
    assert "<html" not in part
    assert "margin" not in part
    assert not CakeRequest.objects.exists()


def test_half_a_cake_has_no_estimate_and_is_no_error(client):
    data = typed(do="estimate", finish_id="", **{"tiers.0.length_in": ""})
    assert client.post(FORM, data).status_code == 200
    assert client.post("/custom-cakes/estimate/", data).status_code == 200


def test_saved_for_later_it_is_found_again_with_its_pictures(client, storage):
    data = typed(do="add_photo", email="", **{"tiers.0.length_in": ""})
    added = client.post(FORM, {**data, "photo": upload(picture())})
    draft = CakeRequest.objects.get()
    assert (draft.status, added["Location"]) == ("draft", f"{selectors.path_of(draft)}edit/")
    edit = added["Location"]
    page = client.get(edit).content.decode()
    assert "With a fox." in page
    shown = re.search(r'<img src="(/custom-cakes/photos/[^"]+)"', page)
    assert client.get(shown[1]).status_code == 200
    saved = client.post(edit, {**data, "do": "save"})
    assert saved["Location"] == selectors.path_of(draft)
    assert "Not sent yet" in client.get(saved["Location"]).content.decode()
    refused = client.post(edit, {**data, "do": "submit"})
    assert refused.status_code == 400
    assert shown[1].split("/")[3][:20] in refused.content.decode()
    gone = client.post(edit, {**data, "do": f"remove_photo:{draft.photos.get().public_id}"})
    assert gone.status_code == 303
    sent = client.post(edit, typed())
    assert sent.status_code == 303
    draft.refresh_from_db()
    assert draft.status == RequestStatus.PENDING_REVIEW


def test_a_picture_that_is_none_loses_nothing(client, storage):
    sent = client.post(FORM, {**typed(do="submit"), "photo": upload(b"<svg/>", name="a.svg")})
    assert sent.status_code == 400
    page = sent.content.decode()
    assert "With a fox." in page
    assert CakeRequest.objects.get().status == RequestStatus.DRAFT


def test_changed_on_its_page_it_is_a_new_version(client):
    client.post(FORM, typed())
    made = CakeRequest.objects.get()
    path = selectors.path_of(made)
    form = client.get(f"{path}edit/").content.decode()
    assert 'value="10"' in form
    assert 'name="email"' not in form
    sent = client.post(f"{path}edit/", typed(guests="30", version=str(made.version)))
    assert sent.status_code == 303
    shown = client.get(path).content.decode()
    assert "Guests: 30" in shown
    stale = client.post(f"{path}edit/", typed(guests="31", version=str(made.version)))
    assert stale.status_code == 409
    assert 'value="31"' in stale.content.decode()


def test_every_button_of_the_page_works(client):
    request = submit_now()
    path = selectors.path_of(request)

    def press(do, **values):
        done = client.post(f"{path}do/", {"do": do, **values})
        request.refresh_from_db()
        return done

    assert press("answer", text="Hello").status_code == 303
    assert press("withdraw", version=request.version).status_code == 303
    assert request.status == RequestStatus.WITHDRAWN
    assert "Take that back" in client.get(path).content.decode()
    assert press("reopen").status_code == 303
    assert request.status == RequestStatus.PENDING_REVIEW
    offer = counter(request, at=clock.now())
    assert "What we can offer" in client.get(path).content.decode()
    refused = press("accept", offer="99")
    assert refused.status_code == 409
    assert press("decline", offer=str(offer.no), words="Too small").status_code == 303
    offer = counter(request, at=clock.now())
    assert press("accept", offer=str(offer.no)).status_code == 303
    page = client.get(path).content.decode()
    assert "Approved / awaiting payment" in page
    pay = re.search(r'href="(/pay/[^"]+)"', page)
    assert client.get(pay[1]).status_code == 200
    assert press("renew").status_code == 303
    assert press("nonsense").status_code == 404


def test_an_approved_request_says_what_staff_see(client):
    request = submit_now()
    approve(request, at=clock.now())
    page = client.get(selectors.path_of(request)).content.decode()
    assert "Approved / awaiting payment" in page
    assert status_text(request.__class__.objects.get().status) == "Approved / awaiting payment"


@pytest.mark.parametrize("token", ["x", "a" * 200, "AAAA.BBBB", "%00", "é"])
def test_an_address_that_is_not_ours_shows_nothing(client, token):
    for path in (f"/custom-cakes/r/{token}/", f"/custom-cakes/photos/{token}/"):
        assert client.get(path).status_code in {400, 404}
    assert client.post(f"/custom-cakes/r/{token}/do/", {"do": "withdraw"}).status_code in {400, 404}


@pytest.mark.parametrize(
    "values",
    [
        {"key": "nonsense"},
        {"do": "remove_tier:999999999999"},
        {"do": "remove_photo:nonsense"},
        {"guests": "9" * 30},
        {"budget": "1e999999"},
        {"wanted_on": "0001-01-01"},
        {"wanted_on": "9999-12-31"},
        {"tiers.0.flavour_id": "9" * 25},
        {"tiers.0.flavour_id": "999999"},
        {"decorations.999999": "3"},
        {"decorations.x": "3"},
        {"style": "<script>"},
        {"words": "y" * 5000},
        {"fulfilment": "delivery"},
        {"address.line1": "x" * 500, "fulfilment": "delivery", "address.postcode": "M5V"},
    ],
)
def test_absurd_input_is_answered_without_a_fault(client, values):
    for do in ({}, {"do": "estimate"}):
        sent = client.post(FORM, {**typed(), **do, **values})
        assert sent.status_code in {200, 303, 400}
        assert b'<script>"' not in sent.content
    assert client.post("/custom-cakes/estimate/", {**typed(), **values}).status_code == 200


def test_too_many_estimates_are_slowed_down(client, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "custom_estimate": "2/minute"}
    data = typed()
    codes = [client.post("/custom-cakes/estimate/", data).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def upload(data: bytes, name="fox.jpg") -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile(name, data)


def submit_now() -> CakeRequest:
    """Return a request that was sent at this moment."""
    at = clock.now()
    wanted = clock.shop_date(on_open_day(30))
    days = (wanted - clock.shop_date(at)).days
    return submit(wishes=make_wishes(at=at, days=days), at=at)
