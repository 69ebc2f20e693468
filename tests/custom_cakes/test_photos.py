"""Pictures with a request: written anew, private, and gone when they are removed."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from PIL import Image

from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakePhoto
from apps.custom_cakes.rules.link import photo_path, request_token
from bakery.kernel import stores
from bakery.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tests.custom_cakes.factories import submit
from tests.orders.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


def picture(kind="JPEG", *, size=(64, 48), **options) -> bytes:
    """Return a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, (180, 90, 60)).save(written, kind, **options)
    return written.getvalue()


def kept(key: str) -> bool:
    """Tell whether the private store has the file."""
    return storages["private"].exists(key)


def test_a_picture_is_written_anew_without_what_the_camera_wrote():
    request = submit()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    photo = services.add_photo(
        request_id=request.pk, data=picture(exif=exif) + b"<script>", caption=" Fox ", at=AT
    )
    data = services.read_photo(public_id=photo.public_id).data
    assert data.startswith(b"\xff\xd8")
    assert b"camera" not in data
    assert b"<script>" not in data
    assert kept(photo.storage_key)
    assert [row.caption for row in selectors.photo_rows(request.pk)] == ["Fox"]
    request.refresh_from_db()
    assert request.version == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n" + b"x" * 100,
        b"GIF89a" + b"\x00" * 20,
        picture()[:200],
        b"\xff\xd8\xff" + b"\x00" * (10 * 1024 * 1024),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(data):
    request = submit()
    with pytest.raises(Invalid):
        services.add_photo(request_id=request.pk, data=data, at=AT)
    assert not CakePhoto.objects.exists()


def test_there_are_six_at_most_and_a_removed_one_makes_room():
    request = submit()
    photos = [
        services.add_photo(request_id=request.pk, data=picture(size=(8, 8)), at=AT)
        for _ in range(6)
    ]
    with pytest.raises(Conflict) as caught:
        services.add_photo(request_id=request.pk, data=picture(), at=AT)
    assert caught.value.code == "too_many_photos"
    services.remove_photo(request_id=request.pk, public_id=photos[0].public_id, at=AT)
    services.remove_photo(request_id=request.pk, public_id=photos[0].public_id, at=AT)
    assert not kept(photos[0].storage_key)
    with pytest.raises(NotFound):
        services.read_photo(public_id=photos[0].public_id)
    services.add_photo(request_id=request.pk, data=picture(), at=AT)


def test_a_store_that_is_down_leaves_no_row(monkeypatch):
    request = submit()

    def fail(key, data):
        raise Unavailable("storage_unavailable", "down")

    monkeypatch.setattr("apps.custom_cakes.services.photos.save_file", fail)
    with pytest.raises(Unavailable):
        services.add_photo(request_id=request.pk, data=picture(), at=AT)
    assert not CakePhoto.objects.exists()


def test_what_a_crash_left_behind_is_swept_with_its_file():
    request = submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=AT)
    # As if the process had died between the file and its measures.
    CakePhoto.objects.filter(pk=photo.pk).update(width=0, height=0)
    assert selectors.photo_rows(request.pk) == []
    assert services.sweep_photos(at=AT + timedelta(minutes=5)) == 0
    assert services.sweep_photos(at=AT + timedelta(hours=2)) == 1
    assert not kept(photo.storage_key)


def test_a_file_that_cannot_be_removed_is_tried_again(monkeypatch):
    request = submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=AT)
    CakePhoto.objects.filter(pk=photo.pk).update(removed_at=AT)
    monkeypatch.setattr("apps.custom_cakes.services.photos.discard_files", list)
    assert services.sweep_photos(at=AT) == 0
    monkeypatch.setattr("apps.custom_cakes.services.photos.discard_files", stores.discard_files)
    assert services.sweep_photos(at=AT) == 1
    assert not CakePhoto.objects.exists()


def test_pictures_of_what_is_over_stay_as_they_are():
    request = submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=AT)
    services.withdraw_request(request_id=request.pk, at=AT)
    with pytest.raises(Conflict):
        services.add_photo(request_id=request.pk, data=picture(), at=AT)
    with pytest.raises(Conflict):
        services.remove_photo(request_id=request.pk, public_id=photo.public_id, at=AT)


def test_an_address_of_a_picture_works_for_an_hour_and_for_its_request_only(client, monkeypatch):
    request, other = submit(), submit()
    photo = services.add_photo(request_id=request.pk, data=picture(), at=AT)
    address = photo_path(photo.public_id)
    found = client.get(address)
    assert (found.status_code, found["Content-Type"]) == (200, "image/jpeg")
    assert found["Cache-Control"].startswith("no-store")
    assert client.get(address[:-3] + "xx/").status_code == 404
    assert (
        client.get(f"/custom-cakes/photos/{request_token(request.public_id)}/").status_code == 404
    )
    token = request_token(other.public_id)
    wrong = client.delete(f"/api/v1/custom-cakes/{token}/photos/{photo.public_id}")
    assert wrong.status_code == 404
    assert kept(photo.storage_key)
    monkeypatch.setattr("apps.custom_cakes.rules.link.PHOTO_LIFETIME", timedelta(seconds=-1))
    assert client.get(address).status_code == 404


def test_pictures_come_and_go_over_the_api(client):
    token = request_token(submit().public_id)
    path = f"/api/v1/custom-cakes/{token}/photos"
    file = io.BytesIO(picture("PNG"))
    file.name = "fox.png"
    made = client.post(path, {"file": file, "caption": "A fox"})
    assert made.status_code == 201, made.json()
    row = made.json()
    assert client.get(row["url"]).status_code == 200
    assert client.delete(f"{path}/{row['id']}").status_code == 204
    assert client.get(row["url"]).status_code == 404
    assert client.delete(f"{path}/{uuid4()}").status_code == 404
    text = io.BytesIO(b"<svg/>")
    text.name = "a.svg"
    assert client.post(path, {"file": text}).status_code == 400
