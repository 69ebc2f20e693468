"""Product pictures in S3, over HTTP: stored, shown by a plain address, replaced."""

import json
import urllib.request

import boto3
import pytest

from apps.catalog import selectors, services
from bakery.sandbox.s3 import S3Server
from tests.catalog.factories import AT, make_product
from tests.catalog.test_pictures import picture

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
    with S3Server(buckets=["media"]) as running:
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
    }
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1")
    # What docs/runbook.md tells the owner of a bucket to allow: pictures, and nothing else.
    client.put_bucket_policy(Bucket="media", Policy=json.dumps(PUBLIC_PICTURES))

    def keys():
        return [item["Key"] for item in client.list_objects_v2(Bucket="media").get("Contents", [])]

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
    with urllib.request.urlopen(url, timeout=5) as reply:
        assert reply.read(4) == b"RIFF"
    assert shown(client) == url


@pytest.mark.django_db(transaction=True)
def test_a_replaced_picture_leaves_the_bucket(bucket):
    product = make_product("Layer cake")
    services.set_image(product_id=product.pk, data=picture(), at=AT)
    first = bucket()
    services.set_image(product_id=product.pk, data=picture(size=(100, 80)), at=AT)
    assert len(first) == len(bucket()) == 1
    assert bucket() != first
    row = selectors.product_on_shelf("layer-cake")
    assert row is not None
    assert row.image == bucket()[0]
