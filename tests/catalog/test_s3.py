"""Product pictures in S3, over HTTP: stored, shown by a plain address, replaced."""

import json
import urllib.request
from datetime import timedelta

import boto3
import pytest

from apps.catalog import selectors, services
from apps.catalog.adapters import object_store
from apps.catalog.models import Picture
from bakery.kernel import clock
from bakery.kernel.errors import Unavailable
from bakery.sandbox.s3 import S3Server
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import picture

pytestmark = pytest.mark.django_db
PUBLIC_PICTURES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::media/products/*",
        }
    ],
}


@pytest.fixture(scope="module")
def server():
    with S3Server(buckets=["media", "private"]) as running:
        yield running


@pytest.fixture
def bucket(server, settings, monkeypatch):
    """The settings of an installation whose pictures are in S3, and a look into its bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "sandbox")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    from bakery.settings.parts import storage

    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            **storage._S3,
            "OPTIONS": {
                **storage._S3["OPTIONS"],
                "bucket_name": "media",
                "endpoint_url": server.url,
            },
        },
        "private": {
            **storage._PRIVATE_S3,
            "OPTIONS": {
                **storage._PRIVATE_S3["OPTIONS"],
                "bucket_name": "private",
                "endpoint_url": server.url,
            },
        },
    }
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1")
    # What docs/runbook.md tells the owner of a bucket to allow: pictures, and nothing else.
    client.put_bucket_policy(Bucket="media", Policy=json.dumps(PUBLIC_PICTURES))

    def keys(bucket="media"):
        return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]

    yield keys
    server.reset()


def shown(client) -> str:
    return client.get("/api/v1/products/layer-cake").json()["image"]


def test_a_picture_is_stored_in_s3_and_shown_by_a_plain_address(bucket, server, client):
    product = make_product("Layer cake")
    services.set_image(product_id=product.pk, data=picture(), at=AT)
    url = shown(client)
    assert url.startswith(f"{server.url}/media/")
    assert "?" not in url
    with urllib.request.urlopen(url, timeout=60) as reply:
        assert reply.read(4) == b"RIFF"
    assert shown(client) == url


def test_a_removed_picture_leaves_both_buckets(bucket):
    product = make_product("Layer cake")
    services.set_image(product_id=product.pk, data=picture(), at=AT)
    first = bucket()
    services.set_image(product_id=product.pk, data=picture(size=(100, 80)), at=AT)
    assert set(first) < set(bucket())
    assert len(bucket("private")) == 2
    for row in Picture.objects.all():
        services.remove_picture(picture_id=row.pk, at=AT)
    assert bucket() == bucket("private") == []
    shown_now = selectors.product_on_shelf("layer-cake")
    assert shown_now is not None
    assert shown_now.image == ""


def test_what_s3_refuses_is_said_and_leaves_nothing(bucket, settings):
    product = make_product("Layer cake")
    private = settings.STORAGES["private"]
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**private, "OPTIONS": {**private["OPTIONS"], "bucket_name": "missing"}},
    }
    with pytest.raises(Unavailable) as refused:
        services.set_image(product_id=product.pk, data=picture(), at=AT)
    assert refused.value.code == "storage_unavailable"
    assert bucket() == []
    assert not Picture.objects.exists()


def test_orphans_are_found_in_buckets_too(bucket):
    services.set_image(product_id=make_product().pk, data=picture(), at=AT)
    kept = {*bucket(), *bucket("private")}
    public = object_store.save_rendition(b"x", kind="webp")
    private = object_store.save_original(b"x")
    later = clock.now() + timedelta(days=2)
    assert services.remove_orphans(at=clock.now()).orphans == []
    assert set(services.remove_orphans(at=later).orphans) == {public, private}
    assert {*bucket(), *bucket("private")} == kept
