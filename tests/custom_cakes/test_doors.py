"""What strangers could try at the doors of custom cakes."""

import json
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from django.test import Client

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.link import photo_path, request_path, request_token
from apps.custom_cakes.rules.typed import check_shape
from apps.custom_cakes.services import Contact
from apps.orders.rules.pay_link import pay_path
from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from tests.accounts import people
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import approve
from tests.custom_cakes.test_api import API, body, code_of, send
from tests.custom_cakes.test_pages import FORM, typed
from tests.custom_cakes.test_photos import picture
from tests.faults.test_canaries import lines  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
SCRIPT = "<script>alert(1)</script>"
ODD = (
    True, -1, 10**40, "x", "\u202e", [[]], {}, {"tiers": None}, {"tiers": [{}] * 200},
    {"tiers": [{"shape": 1}], "finish_id": "9" * 400},
    {"decorations": [{"option_id": True}, {"option_id": 1, "count": 1.5}]},
)  # fmt: skip
KEPT = (
    "design", "guests", "wanted_on", "event_on", "fulfilment", "budget", "words", "inscription",
    "colours", "allergies", "note", "address", "name", "email", "phone", "language",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _open_limits(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/minute")


def is_kept(name, odd) -> bool:
    """Tell whether a draft may hold ``odd``; the rest is refused with the field's name."""
    try:
        check_shape({name: odd})
    except Invalid:
        return False
    return True


def test_a_draft_of_whatever_a_client_keeps_can_be_opened(client):
    """The API keeps a draft as it comes; the form and the request's page must bear it."""
    client.raise_request_exception = False
    draft = services.save_draft(typed={"email": "ada@example.com"}, key=uuid4(), at=clock.now())
    token, broken = request_token(draft.public_id), []
    for odd in ODD:
        kept = {name: odd for name in KEPT if is_kept(name, odd)}
        replies = [
            client.patch(f"{API}/{token}", json.dumps(kept), content_type="application/json"),
            client.post(f"{API}/{token}/submit"),
            client.get(request_path(draft.public_id)),
            client.get(f"{request_path(draft.public_id)}edit/"),
        ]
        if [reply.status_code for reply in replies] != [200, 400, 200, 200]:
            broken.append((f"{odd!r:.60}", [reply.status_code for reply in replies]))
    assert broken == []
    for odd in ([], {"tiers": {}}, {"tiers": [[]]}, {"tiers": [{"shape": {}}]}, "cake"):
        refused = client.patch(
            f"{API}/{token}", json.dumps({"design": odd}), content_type="application/json"
        )
        assert (refused.status_code, code_of(refused)) == (400, "bad_draft")


def test_what_is_typed_is_shown_as_it_is_typed_and_never_run(client, drain_outbox):
    texts = {
        name: f"{name} {SCRIPT}"
        for name in ("words", "inscription", "colours", "allergies", "note")
    }
    person = Contact(name=f"Eve {SCRIPT}", email="eve@example.com", phone="", language="en")
    at = clock.now()
    request = submit(wishes=make_wishes(at=at, **texts), contact=person, at=at)
    services.add_photo(request_id=request.pk, data=picture(), caption=SCRIPT, at=at)
    services.answer_question(request_id=request.pk, text=SCRIPT, at=at)
    quote = approve(request, words=SCRIPT, at=at)
    drain_outbox()
    boss = people.browser(people.staff("administrator"), verified=True)
    order = quote.order
    pages = [
        (client, request_path(request.public_id)),
        (client, f"{request_path(request.public_id)}edit/"),
        (client, pay_path(order.public_id)),
        (client, f"/orders/{order.public_id}/"),
        (boss, f"/console/custom_cakes/cakerequest/{request.pk}/change/"),
        (boss, "/console/custom_cakes/cakerequest/?state=all"),
        (boss, f"/console/orders/order/{order.pk}/change/"),
    ]
    seen = 0
    for browser, path in pages:
        page = browser.get(path)
        assert page.status_code == 200, path
        text = page.content.decode()
        assert SCRIPT not in text, path
        seen += "&lt;script&gt;alert(1)" in text
    assert seen >= 6, "the texts are there, as texts"


def test_a_key_that_can_be_guessed_opens_no_draft(client):
    """The API's keys are made of a mailbox and a client's text, which may be as poor as "1"."""
    kept = send(client, {"email": "ada@example.com", "words": "secret", "submit": False}, key="1")
    guessed = uuid5(NAMESPACE_URL, "custom-cakes:guest:ada@example.com:1")
    assert CakeRequest.objects.get().key == guessed
    for do in ("save", "submit"):
        answer = Client().post(FORM, typed(key=str(guessed), do=do))
        assert kept.json()["token"] not in answer.get("Location", "")
    assert CakeRequest.objects.get(key=guessed).draft["words"] == "secret"


def test_drawing_the_form_runs_no_more_models_than_asking_for_estimates_does(client, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "custom_estimate": "2/minute"}
    data = typed(do="add_tier")
    pages = [client.post(FORM, data) for _ in range(4)]
    assert [page.status_code for page in pages] == [200] * 4
    assert ["estimate-range" in page.content.decode() for page in pages] == [True] * 2 + [False] * 2
    assert client.post("/custom-cakes/estimate/", data).status_code == 429


def test_nobody_is_flooded_with_mails_in_answer_to_what_strangers_send(client, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "custom_mailbox": "2/hour"}
    codes = [send(client, body(email=f"{ada}@Example.com")).status_code for ada in ("Ada", "ada")]
    assert codes == [201, 201]
    assert send(client, body(email="ada@example.com")).status_code == 429
    late = client.post(FORM, typed(email="ada@example.com"))
    assert (late.status_code, "With a fox." in late.content.decode()) == (429, True)
    assert send(client, body(email="eve@example.com")).status_code == 201
    assert CakeRequest.objects.count() == 3


def test_tokens_of_one_kind_open_no_other_door(client):
    request = submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=clock.now())
    by_request, by_photo = (
        request_token(request.public_id),
        photo_path(photo.public_id).split("/")[3],
    )
    assert client.get(photo_path(photo.public_id)).status_code == 200
    for path in (
        f"/custom-cakes/photos/{by_request}/",
        f"/custom-cakes/r/{by_photo}/",
        f"{API}/{by_photo}",
        f"/custom-cakes/photos/{photo.public_id}/",
        f"/custom-cakes/r/{request.public_id}/",
        f"/custom-cakes/r/{request.number}/",
        f"{API}/{request.pk}",
        f"/pay/{by_request}/",
        f"/orders/{request.public_id}/",
    ):
        assert client.get(path).status_code == 404, path


def test_a_picture_is_taken_away_by_its_own_request_alone(client):
    request, other = submit(), submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=clock.now())
    path = f"{API}/{request_token(other.public_id)}/photos/{photo.public_id}"
    assert client.delete(path).status_code == 404
    assert client.get(photo_path(photo.public_id)).status_code == 200
    page = client.get(request_path(other.public_id)).content.decode()
    assert "custom-cakes/photos/" not in page


@pytest.mark.parametrize("sign", ["\x07", "\u202e", "\ud800", "\x00"])
def test_nothing_can_be_asked_for_that_no_order_takes(client, sign):
    for name in ("inscription", "colours", "note", "allergies"):
        refused = send(client, body(**{name: f"a{sign}b"}))
        assert refused.status_code == 400, name
    assert not CakeRequest.objects.exists()


def test_blanks_and_lines_of_any_keyboard_can_be_approved():
    at = clock.now()
    wishes = make_wishes(
        at=at, inscription="Bonne fête\u00a0!\u2028Zoë\tet Max", note="3e\u202fétage\r\nsonner"
    )
    request = submit(wishes=wishes, at=at)
    order = approve(request, at=at).order
    assert order.lines.get().message == "Bonne fête !\nZoë et Max"
    assert order.customer_note == "3e étage\nsonner"


def test_ten_thousand_tiers_are_refused_before_anything_is_reckoned(client):
    design = {**design_data(), "tiers": design_data()["tiers"] * 10_000}
    refused = client.post(
        f"{API}/estimate", json.dumps({"design": design}), content_type="application/json"
    )
    assert refused.status_code in {400, 413}


def test_no_log_line_names_who_asks_or_what(client, lines, drain_outbox):  # noqa: F811 - above
    typed_words = {
        name: f"{name} Kanarienvogel"
        for name in ("words", "inscription", "colours", "allergies", "note", "name")
    }
    data = body(**typed_words, email="kanarienvogel@example.com")
    made = send(client, data).json()
    send(client, {**data, "guests": "Kanarienvogel"})
    send(client, {**data, "Kanarienvogel": 1})
    client.post(
        f"{API}/{made['token']}/answer", {"text": 7, "Kanarienvogel": []}, "application/json"
    )
    client.get(f"{API}/{made['token']}x")
    client.post(f"{made['path']}do/", {"do": "answer", "text": "Kanarienvogel"})
    client.post(FORM, typed(name="Kanarienvogel", guests="Kanarienvogel"))
    drain_outbox()
    text = "\n".join(lines)
    assert len(lines) > 5
    assert "kanarienvogel" not in text.lower()
    assert made["token"] not in text
    assert made["token"].split(".")[1] not in text
