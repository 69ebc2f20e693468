"""Direct uploads where files are on this machine: the same form, our own address (U4)."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from apps.catalog import services
from apps.catalog.models import Picture, PictureUpload
from apps.catalog.services import picture_uploads
from apps.catalog.tasks import remove_expired_uploads
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from tests.accounts import people
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import files, picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
OFFERS = "/api/v1/staff/picture-uploads"


def offer(api, data, kind="image/jpeg"):
    reply = api.post(OFFERS, {"content_type": kind, "bytes": len(data)})
    assert reply.status_code == 201, reply.json()
    return reply.json()


def put(offered, data, **changed):
    fields = {**offered["fields"], **changed}
    file = SimpleUploadedFile("x", data)
    # The form is all that is needed: nobody is signed in here.
    return people.api().post(
        offered["url"].removeprefix("http://testserver"),
        {**{name: value for name, value in fields.items() if value is not None}, "file": file},
        format="multipart",
    )


def complete(api, offered, product_id, **more):
    return api.post(f"{OFFERS}/{offered['id']}/complete", {"product_id": product_id, **more})


def test_a_direct_upload_becomes_a_picture_once(manager_api):
    product, data = make_product(), picture(size=(400, 300))
    services.add_picture(product_id=product.pk, data=picture(), at=AT)
    offered = offer(manager_api, data)
    early = complete(manager_api, offered, product.pk)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "nothing_uploaded")
    assert put(offered, picture("PNG")[:100]).status_code == 204
    assert put(offered, data).status_code == 204  # sent again, as after a dropped connection
    first = complete(manager_api, offered, product.pk, is_main=True)
    again = complete(manager_api, offered, product.pk)
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["position"] == 0
    assert Picture.objects.count() == 2
    assert not [name for name in files() if name.startswith("quarantine/")]
    late = put(offered, data)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "upload_expired")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "x"}, "bad_token"),
        ({"token": None}, "bad_token"),
        ({"token": "other"}, "bad_token"),
        ({"Content-Type": "image/png"}, "type_mismatch"),
        ({"Content-Type": None}, "type_mismatch"),
    ],
)
def test_a_form_with_anything_changed_is_refused(manager_api, change, code):
    data = picture()
    offered = offer(manager_api, data)
    if change.get("token") == "other":
        change = {"token": offer(manager_api, data)["fields"]["token"]}
    reply = put(offered, data, **change)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, code)
    assert files() == []


def test_more_bytes_than_offered_are_refused(manager_api):
    offered = offer(manager_api, picture())
    reply = put(offered, picture() + b"\0")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "picture_too_large")
    assert files() == []


def test_an_offer_ends_and_is_swept_with_what_was_sent(manager_api, monkeypatch):
    data = picture()
    offered, fresh = offer(manager_api, data), offer(manager_api, data)
    assert put(offered, data).status_code == 204
    upload = PictureUpload.objects.get(pk=offered["id"])
    monkeypatch.setattr(clock, "now", lambda: upload.expires_at)
    late = put(offered, data)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "upload_expired")
    reply = complete(manager_api, offered, make_product().pk)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "upload_expired")
    assert remove_expired_uploads() == 0  # a request may still be working on it
    monkeypatch.setattr(clock, "now", lambda: upload.expires_at + timedelta(hours=2))
    PictureUpload.objects.filter(pk=fresh["id"]).update(
        expires_at=upload.expires_at + timedelta(hours=2)
    )
    assert remove_expired_uploads() == 1
    assert files() == []
    assert [str(row.pk) for row in PictureUpload.objects.all()] == [fresh["id"]]


@pytest.mark.parametrize(
    "asked",
    [
        {"content_type": "image/svg+xml", "bytes": 10},
        {"content_type": "image/jpeg", "bytes": 0},
        {"content_type": "image/jpeg", "bytes": 10**8},
        {"content_type": "image/jpeg", "bytes": "1e3"},
        {"content_type": "image/jpeg"},
        {"content_type": None, "bytes": 10},
        [],
    ],
)
def test_offers_that_could_never_be_pictures_are_not_made(manager_api, asked):
    assert manager_api.post(OFFERS, asked).status_code == 400
    assert not PictureUpload.objects.exists()


def test_what_is_no_picture_is_refused_at_the_end_and_leaves_nothing(manager_api):
    data = b"<html>" * 20
    offered = offer(manager_api, data)
    assert put(offered, data).status_code == 204
    reply = complete(manager_api, offered, make_product().pk)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "not_a_picture")
    assert files() == []
    png = picture("PNG")
    offered = offer(manager_api, png)
    put(offered, png)
    reply = complete(manager_api, offered, make_product("Rye").pk)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "type_mismatch")
    assert files() == []


def test_an_upload_belongs_to_who_asked_for_it(manager_api):
    data = picture()
    offered = offer(manager_api, data)
    put(offered, data)
    other = people.api(people.log_in(people.staff("manager", email="m2@bakery.example")).access)
    product = make_product()
    assert complete(other, offered, product.pk).status_code == 404
    assert complete(manager_api, offered, 10**6).status_code == 404
    assert complete(manager_api, offered, 10**30).status_code == 400
    assert complete(manager_api, offered, product.pk).status_code == 200


# --- two requests complete the same upload ------------------------------------------------------


def _complete_twice(monkeypatch, *, guarded: bool) -> list[str]:
    """Both have read the file before either writes its row."""
    at = clock.now()
    offered = services.offer_upload(
        content_type="image/jpeg", size=len(picture()), at=at, actor="user:1"
    )
    services.receive_upload(
        upload_id=offered.upload.pk,
        token=offered.fields["token"],
        content_type="image/jpeg",
        data=picture(),
        at=at,
    )
    product = make_product()
    both = threading.Barrier(2, timeout=60)
    keep = picture_uploads.keep_picture

    def together(**arguments):
        both.wait()
        if not guarded:
            arguments["attach"] = None
        return keep(**arguments)

    monkeypatch.setattr(picture_uploads, "keep_picture", together)
    results: list[str] = []

    def run():
        try:
            made = services.complete_upload(
                upload_id=offered.upload.pk, product_id=product.pk, at=at, actor="user:1"
            )
            results.append(str(made.pk))
        except Conflict as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_completing_twice_at_once_makes_one_picture(monkeypatch):
    results = _complete_twice(monkeypatch, guarded=True)
    assert len(results) == 2
    assert len(set(results)) == 1
    assert Picture.objects.count() == 1
    assert len(files()) == 3  # what the slower one had stored is gone again


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_claiming_the_upload_there_are_two(monkeypatch):
    results = _complete_twice(monkeypatch, guarded=False)
    assert len(set(results)) == 2
    assert Picture.objects.count() == 2
