"""Notes and photos of an order: kept for good, privately, and shown to staff."""

import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from PIL import Image

from apps.orders import selectors, services
from apps.orders.models import BoardEvent, OrderNote, OrderPicture
from apps.orders.services import notes as note_services
from bakery.kernel.errors import DomainError
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import AT, place_paid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
ACTOR = "user:7"


def photo(kind="JPEG", size=(2000, 1000)):
    out = io.BytesIO()
    picture = Image.new("RGB", size, "pink")
    exif = picture.getexif()
    exif[0x010E] = "where the customer lives"
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def refused(call, **options):
    with pytest.raises(DomainError) as error:
        call(**options)
    return error.value.code


def test_a_note_is_kept_and_the_kitchen_sees_what_it_must():
    order = place_paid()
    events = BoardEvent.objects.count()
    services.add_note(order_id=order.pk, text=" Call first.\r\nThen wait. ", actor=ACTOR, at=AT)
    assert BoardEvent.objects.count() == events
    services.add_note(order_id=order.pk, text="Pink candles 🎂", on_ticket=True, actor=ACTOR, at=AT)
    assert BoardEvent.objects.count() == events + 1
    assert [note.text for note in selectors.notes_of(order.pk)] == [
        "Call first.\nThen wait.", "Pink candles 🎂",
    ]  # fmt: skip
    assert selectors.ticket_notes([order.pk]) == {order.pk: ["Pink candles 🎂"]}
    details = {entry.detail for entry in selectors.timeline(order) if entry.source == "note"}
    assert details == {"Call first.\nThen wait.", "Pink candles 🎂"}
    for text in ("", " \n ", "x" * 2001):
        call = {"order_id": order.pk, "text": text, "actor": ACTOR, "at": AT}
        assert refused(services.add_note, **call) == "bad_note"
    assert refused(services.add_note, order_id=0, text="x", actor=ACTOR, at=AT) == "order_not_found"


def test_the_ticket_on_the_board_carries_the_note():
    order = place_paid()
    services.add_note(order_id=order.pk, text="No lid", on_ticket=True, actor=ACTOR, at=AT)
    services.add_note(order_id=order.pk, text="Private", actor=ACTOR, at=AT)
    ticket = BoardEvent.objects.order_by("-seq").first().payload
    assert ticket["notes"] == ["No lid"]


def test_notes_and_pictures_cannot_be_rewritten():
    order = place_paid()
    services.add_note(order_id=order.pk, text="true", actor=ACTOR, at=AT)
    services.add_photo(order_id=order.pk, data=photo(), actor=ACTOR, at=AT)
    for change in (
        lambda: OrderNote.objects.update(text="false"),
        lambda: OrderNote.objects.all().delete(),
        lambda: OrderPicture.objects.update(sha256="0" * 64),
        lambda: OrderPicture.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_photo_is_written_anew_and_proves_itself():
    order = place_paid()
    picture = services.add_photo(
        order_id=order.pk, data=photo(), caption="  as  ordered ", actor=ACTOR, at=AT
    )
    kept = services.read_picture(picture_id=picture.pk, order_id=order.pk)
    assert (picture.width, picture.height, picture.caption) == (1600, 800, "as ordered")
    assert hashlib.sha256(kept.data).hexdigest() == picture.sha256
    assert b"customer lives" not in kept.data
    assert AuditEntry.objects.get(action="order.add_picture").changes["sha256"][1] == picture.sha256
    file = Path(storages["private"].path(picture.key))
    file.write_bytes(file.read_bytes() + b"!")

    def read():
        services.read_picture(picture_id=picture.pk, order_id=order.pk)

    assert refused(read) == "picture_changed"
    file.unlink()
    assert refused(read) == "picture_gone"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_picture"),
        (b"<svg onload=alert(1)>", "picture_type"),
        (b"%PDF-1.7", "picture_type"),
        (photo()[:2000], "not_a_picture"),
        (b"\xff" * (10 * 1024 * 1024 + 1), "picture_too_large"),
    ],
)
def test_what_is_no_photo_is_not_kept(data, code):
    order = place_paid()
    assert refused(services.add_photo, order_id=order.pk, data=data, actor=ACTOR, at=AT) == code
    assert OrderPicture.objects.count() == 0


def test_an_order_has_room_for_so_many_pictures_and_the_rest_leave_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(note_services, "MAX_PICTURES", 1)
    order = place_paid()
    call = {"order_id": order.pk, "data": photo(size=(40, 40)), "actor": ACTOR, "at": AT}
    services.add_photo(**call)
    assert refused(services.add_photo, **call) == "too_many_pictures"
    assert len(storages["private"].listdir("evidence")[1]) == 1
    assert refused(services.add_photo, **{**call, "kind": "signature"}) == "bad_kind"


def test_over_the_api_and_of_this_order_only():
    order, other = place_paid(), place_paid(ref="pi_2")
    api = people.api(people.log_in(people.staff("kitchen")).access)
    url = f"/api/v1/staff/orders/{order.public_id}"
    body = {"text": "Pink candles", "on_ticket": True}
    assert api.post(f"{url}/notes", body, format="json").status_code == 201
    assert [note["text"] for note in api.get(f"{url}/notes").json()] == ["Pink candles"]
    for odd in ({}, {"text": 5}, {"text": ""}, {"text": "a\u0000"}, {"text": "x", "on_ticket": 7}):
        assert api.post(f"{url}/notes", odd, format="json").status_code == 400, odd
    file = SimpleUploadedFile("cake.jpg", photo(), "image/jpeg")
    sent = api.post(f"{url}/photos", {"file": file, "caption": "done"}, format="multipart")
    assert sent.status_code == 201, sent.json()
    address = sent.json()["url"]
    assert api.get(address)["Content-Type"] == "image/jpeg"
    assert [row["caption"] for row in api.get(f"{url}/photos").json()] == ["done"]
    stranger = address.replace(str(order.public_id), str(other.public_id))
    assert api.get(stranger).status_code == 404
    for fields in (
        {},
        {"file": "text"},
        {"file": SimpleUploadedFile("x.jpg", b"x"), "kind": "signature"},
    ):
        assert api.post(f"{url}/photos", fields, format="multipart").status_code == 400


def test_the_page_keeps_notes_and_photos():
    order = place_paid()
    client = people.browser(people.staff("cashier"), verified=True)
    url = f"/console/orders/handover/{order.pk}/notes/"
    assert client.post(url, {"text": "Zoë <b>calls</b>"}).status_code == 302
    file = SimpleUploadedFile("cake.jpg", photo(), "image/jpeg")
    assert client.post(url, {"file": file, "caption": "done"}).status_code == 302
    page = client.get(url).content.decode()
    assert "Zoë &lt;b&gt;calls&lt;/b&gt;" in page
    picture = OrderPicture.objects.get()
    shown = client.get(f"/console/orders/handover/{order.pk}/pictures/{picture.pk}/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert (
        client.get(f"/console/orders/handover/{order.pk + 1}/pictures/{picture.pk}/").status_code
        == 404
    )
    bad = SimpleUploadedFile("cake.jpg", b"nothing", "image/jpeg")
    assert client.post(url, {"file": bad, "caption": ""}).status_code == 400
    assert client.post(url, {"text": ""}).status_code == 400
