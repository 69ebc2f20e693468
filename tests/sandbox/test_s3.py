"""The local S3 stores and gives back."""

import urllib.request

import boto3
import pytest

from bakery.sandbox.s3 import S3Server


@pytest.fixture(scope="module")
def server():
    with S3Server(buckets=["media"]) as running:
        yield running


@pytest.fixture
def s3(server):
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def test_objects_are_kept_until_a_reset(server, s3):
    s3.put_object(Bucket="media", Key="cake.jpg", Body=b"jpeg", ServerSideEncryption="AES256")
    assert s3.get_object(Bucket="media", Key="cake.jpg")["Body"].read() == b"jpeg"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "cake.jpg"})
    with urllib.request.urlopen(url, timeout=60) as reply:
        assert reply.read() == b"jpeg"
    server.reset()
    assert s3.list_objects_v2(Bucket="media")["KeyCount"] == 0
