"""Where the files of documents are: each is written once and stays as it is.

On local disk a name that is there is never written again and its file is read-only. In S3 the name
is claimed by a conditional write, and with object lock (RECEIPT_OBJECT_LOCK) S3 itself keeps the
version until the day that was given.
"""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.exceptions
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from bakery.kernel.stores import DOWN, error_code, read_file, store_unavailable

RECEIPTS = "receipts"
# Many times the longest receipt.
LARGEST = 8 * 1024 * 1024
# What S3 answers to a conditional write of a name that is taken, or just being taken.
_TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})


def keep(key: str, data: bytes, *, until: date) -> bool:
    """Write a file under a new name; False, with nothing written, where the name is taken.

    ``until`` is the last day on which the store may not drop it. Raises `Unavailable`.
    """
    storage: Any = storages[RECEIPTS]
    try:
        if isinstance(storage, FileSystemStorage):
            return _keep_on_disk(Path(storage.path(key)), data)
        return _keep_in_bucket(storage, key, data, until=until)
    except DOWN as error:
        raise store_unavailable(error) from error


def read(key: str) -> bytes | None:
    """Return a file, None when there is none. Raises `Unavailable`."""
    return read_file(key, limit=LARGEST, store=RECEIPTS)


def _keep_on_disk(path: Path, data: bytes) -> bool:
    """Write aside and link: the name is there with all of the file, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid4().hex}")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o400)
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink(missing_ok=True)
    return True


def _keep_in_bucket(storage: Any, key: str, data: bytes, *, until: date) -> bool:
    lock: dict[str, Any] = {}
    if settings.RECEIPT_OBJECT_LOCK:
        end = datetime.combine(until, time.max, tzinfo=UTC).replace(microsecond=0)
        lock = {
            "ObjectLockMode": settings.RECEIPT_OBJECT_LOCK,
            "ObjectLockRetainUntilDate": end,
        }
    try:
        storage.connection.meta.client.put_object(
            Bucket=storage.bucket_name,
            Key=key,
            Body=data,
            ContentType="application/pdf",
            CacheControl="no-store",
            ServerSideEncryption="AES256",
            IfNoneMatch="*",
            **lock,
        )
    except botocore.exceptions.ClientError as error:
        if error_code(error) in _TAKEN:
            return False
        raise
    return True
