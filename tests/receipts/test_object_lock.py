"""Files in an S3 with object lock: a name is given once, nothing goes before its time."""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from apps.receipts import services
from apps.receipts.adapters import store
from apps.receipts.models import Seal
from bakery.kernel.errors import Unavailable
from bakery.sandbox.engines.seaweed import NO_BINARY, SeaweedEngine, find_binary
from tests.orders.factories import AT
from tests.receipts.factories import file_of, issue, sealed

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(find_binary() is None, reason=NO_BINARY),
]
BUCKET = "receipts"


@pytest.fixture(scope="module")
def server():
    folder = Path(tempfile.mkdtemp(prefix=f"bakery-test-{os.getpid()}-s3-"))
    engine = SeaweedEngine(directory=folder)
    try:
        # A bucket that it made says that it can make one.
        engine.start(buckets=["other"])
        engine.client().create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield engine
    finally:
        engine.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3(server, settings):
    from bakery.settings.parts import receipts

    options = {
        **receipts._BUCKET["OPTIONS"],
        "endpoint_url": server.url,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "bucket_name": BUCKET,
    }
    settings.STORAGES = {**settings.STORAGES, "receipts": {**receipts._BUCKET, "OPTIONS": options}}
    settings.RECEIPT_OBJECT_LOCK = "COMPLIANCE"
    return server.client()


def test_a_file_cannot_be_dropped_before_its_time_nor_written_again(s3):
    document = sealed()
    seal = document.seal
    data = file_of(document)
    head = s3.head_object(Bucket=BUCKET, Key=seal.key)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"].date() == seal.kept_until
    assert head["ContentType"] == "application/pdf"
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=BUCKET, Key=seal.key, VersionId=head["VersionId"])
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": AT + timedelta(days=400)}
    with pytest.raises(ClientError):
        s3.put_object_retention(
            Bucket=BUCKET, Key=seal.key, VersionId=head["VersionId"], Retention=shorter
        )
    assert store.keep(seal.key, b"other", until=seal.kept_until) is False
    assert file_of(document) == data
    assert services.verify_file(data=data).valid


def test_a_version_that_somebody_put_over_it_is_not_shown(s3):
    document = sealed(ref="pi_2")
    s3.put_object(Bucket=BUCKET, Key=document.seal.key, Body=b"%PDF-other")
    with pytest.raises(Unavailable) as error:
        file_of(document)
    assert error.value.code == "receipt_damaged"


def test_a_store_that_is_down_loses_nothing(s3, settings):
    document = issue(ref="pi_3")
    there = settings.STORAGES
    gone = {**there["receipts"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**there, "receipts": {**there["receipts"], "OPTIONS": gone}}
    with pytest.raises(Unavailable) as error:
        services.seal_document(document_id=document.pk, at=AT)
    assert error.value.code == "storage_unavailable"
    settings.STORAGES = there
    assert services.seal_document(document_id=document.pk, at=AT) == Seal.objects.get()
