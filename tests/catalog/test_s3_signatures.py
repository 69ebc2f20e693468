"""Direct uploads and private files against an S3 that checks what is signed (U4)."""

import json
import os
import shutil
import tempfile
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import requests

from apps.catalog import services
from apps.catalog.models import Picture, PictureUpload
from bakery.kernel import clock
from bakery.sandbox.engines.seaweed import NO_BINARY, SeaweedEngine, find_binary
from tests.catalog.factories import make_product
from tests.catalog.pictures import picture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(find_binary() is None, reason=NO_BINARY),
]


@pytest.fixture(scope="module")
def server():
    folder = Path(tempfile.mkdtemp(prefix=f"bakery-test-{os.getpid()}-s3-"))
    engine = SeaweedEngine(directory=folder, public=["media"])
    try:
        engine.start(buckets=["media", "private"])
        yield engine
    finally:
        engine.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3(server, settings):
    """The settings of an installation whose files are in S3; returns a client of its account."""
    from bakery.settings.parts import storage

    account = {
        "endpoint_url": server.url,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
    }
    public = {**storage._S3["OPTIONS"], **account, "bucket_name": "media"}
    private = {**storage._PRIVATE_S3["OPTIONS"], **account, "bucket_name": "private"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**storage._S3, "OPTIONS": public},
        "private": {**storage._PRIVATE_S3, "OPTIONS": private},
    }
    client = server.client()
    yield client
    for bucket in ("media", "private"):
        for key in keys(client, bucket):
            client.delete_object(Bucket=bucket, Key=key)


def keys(client, bucket) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def offer(api, data, kind="image/jpeg", size=None):
    reply = api.post(
        "/api/v1/staff/picture-uploads", {"content_type": kind, "bytes": size or len(data)}
    )
    assert reply.status_code == 201, reply.json()
    return reply.json()


def put(offered, data, **changed):
    fields = {**offered["fields"], **changed}
    fields = {name: value for name, value in fields.items() if value is not None}
    return requests.post(offered["url"], data=fields, files={"file": ("x", data)}, timeout=60)


def complete(api, offered, product):
    return api.post(
        f"/api/v1/staff/picture-uploads/{offered['id']}/complete", {"product_id": product.pk}
    )


def test_a_direct_upload_goes_past_us_into_quarantine_and_comes_out_as_a_picture(s3, manager_api):
    product, data = make_product(), picture(size=(700, 500))
    offered = offer(manager_api, data)
    assert complete(manager_api, offered, product).json()["error"]["code"] == "nothing_uploaded"
    assert put(offered, data).status_code in (200, 201, 204)
    assert keys(s3, "private") == [offered["fields"]["key"]]
    assert offered["fields"]["key"].startswith("quarantine/")
    reply = complete(manager_api, offered, product)
    assert reply.status_code == 200, reply.json()
    row = Picture.objects.get()
    assert keys(s3, "private") == [row.original_key]
    assert len(keys(s3, "media")) == 6
    assert complete(manager_api, offered, product).json() == reply.json()
    assert Picture.objects.count() == 1


def _forge(text: str) -> str:
    return text[:-4] + ("aaaa" if text[-4:] != "aaaa" else "bbbb")


CHANGED_FORMS = (
    {"key": "quarantine/" + "0" * 32},
    {"key": "products/" + "0" * 32 + ".html"},
    {"Content-Type": "text/html"},
    {"Content-Type": "image/png"},
    {"Content-Type": None},
    {"x-amz-signature": _forge},
    {"policy": _forge},
    {"x-amz-credential": _forge},
    {"x-amz-signature": None, "policy": None},
)


def test_a_form_with_anything_changed_is_refused(s3, manager_api):
    data = picture()
    offered = offer(manager_api, data)
    answers = [
        put(
            offered,
            data,
            **{
                name: value(offered["fields"][name]) if callable(value) else value
                for name, value in change.items()
            },
        ).status_code
        for change in CHANGED_FORMS
    ]
    assert answers == [403] * len(CHANGED_FORMS)
    assert put(offered, data, key="../media/products/x").status_code == 400
    assert keys(s3, "private") == keys(s3, "media") == []


def test_a_file_larger_than_offered_is_refused(s3, manager_api):
    offered = offer(manager_api, picture())
    reply = put(offered, picture() + b"\0" * 5000)
    assert (reply.status_code, "EntityTooLarge" in reply.text) == (400, True)
    assert keys(s3, "private") == []


def test_asking_for_a_public_file_does_not_make_one(s3, manager_api, server):
    data = picture()
    offered = offer(manager_api, data)
    put(offered, data, acl="public-read")
    for key in [*keys(s3, "private"), offered["fields"]["key"]]:
        assert requests.get(f"{server.url}/private/{key}", timeout=60).status_code == 403


def test_a_form_is_good_for_its_time_only(s3, manager_api, settings, wait_until):
    settings.PICTURE_UPLOAD_SECONDS = 1
    data = picture()
    offered = offer(manager_api, data)
    end = datetime.fromisoformat(json.loads(b64decode(offered["fields"]["policy"]))["expiration"])
    # S3 has a clock of its own, which cannot be set: the form's last second has to pass.
    wait_until(lambda: datetime.now(UTC) > end + timedelta(milliseconds=50))
    assert put(offered, data).status_code == 403
    assert keys(s3, "private") == []


@pytest.mark.control
def test_control_the_untouched_form_is_accepted(s3, manager_api):
    data = picture()
    assert put(offer(manager_api, data), data).status_code in (200, 201, 204)
    assert len(keys(s3, "private")) == 1


def test_what_is_no_picture_leaves_the_quarantine_too(s3, manager_api):
    data = b"<html>" * 10
    offered = offer(manager_api, data)
    assert put(offered, data).status_code in (200, 201, 204)
    reply = complete(manager_api, offered, make_product())
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "not_a_picture")
    assert keys(s3, "private") == keys(s3, "media") == []


def test_originals_are_private_and_staff_get_a_link_for_a_minute(s3, manager_api, server):
    data = picture()
    offered = offer(manager_api, data)
    put(offered, data)
    row = complete(manager_api, offered, make_product()).json()
    key = keys(s3, "private")[0]
    assert requests.get(f"{server.url}/private/{key}", timeout=60).status_code == 403
    shown = row["renditions"]["webp"]["320"]
    assert shown.startswith(f"{server.url}/media/products/")
    assert "?" not in shown
    got = requests.get(shown, timeout=60)
    assert (got.status_code, got.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in got.headers["Cache-Control"]
    reply = manager_api.get(row["original"])
    assert (reply.status_code, reply["Cache-Control"]) == (302, "no-store")
    got = requests.get(reply.url, timeout=60)
    assert (got.status_code, got.content) == (200, data)
    assert got.headers["Content-Disposition"] == "attachment"
    assert got.headers["Content-Type"] == "application/octet-stream"
    query = dict(parse_qsl(urlsplit(reply.url).query))
    assert int(query["X-Amz-Expires"]) <= 60
    for name, value in (
        ("X-Amz-Signature", _forge(query["X-Amz-Signature"])),
        ("X-Amz-Expires", "86400"),
        ("response-content-type", "text/html"),
        ("response-content-disposition", "inline"),
    ):
        forged = urlunsplit(urlsplit(reply.url)._replace(query=urlencode({**query, name: value})))
        assert requests.get(forged, timeout=60).status_code == 403
    other = reply.url.replace(key, "originals/" + "0" * 32)
    assert requests.get(other, timeout=60).status_code == 403


def test_what_was_never_completed_is_swept(s3, manager_api):
    data = picture()
    offered = offer(manager_api, data)
    put(offered, data)
    upload = PictureUpload.objects.get()
    assert services.remove_expired_uploads(at=upload.expires_at) == 0
    assert services.remove_expired_uploads(at=clock.now() + timedelta(hours=3)) == 1
    assert (keys(s3, "private"), PictureUpload.objects.count()) == ([], 0)
    assert complete(manager_api, offered, make_product()).status_code == 404
