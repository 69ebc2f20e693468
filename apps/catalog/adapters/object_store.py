"""Where the files of pictures are: public renditions, private originals, and the quarantine.

Names are random, so nothing of an upload's own name is ever part of one, and the bytes under a
name never change. On local disk or in S3, as settings say.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from django.core.files.storage import FileSystemStorage, Storage, storages

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import PRIVATE, discard_files, read_file, save_file

PUBLIC = "default"
PRODUCTS, ORIGINALS, QUARANTINE = "products", "originals", "quarantine"
CUTOUTS = "cutouts"
# A PNG of 1600 pixels a side is never larger than its pixels.
LARGEST_CUTOUT = 4 * 1600 * 1600 + 100_000
EXTENSIONS = {"webp": "webp", "jpeg": "jpg", "png": "png"}
# What is ours: no other name is ever served, or taken for left over.
_OURS = {
    PRODUCTS: re.compile(r"products/[0-9a-f]{32}\.(webp|jpg|png)"),
    ORIGINALS: re.compile(r"originals/[0-9a-f]{32}"),
    QUARANTINE: re.compile(r"quarantine/[0-9a-f]{32}"),
    CUTOUTS: re.compile(r"cutouts/[0-9a-f]{32}\.(webp|png)"),
}
_ANY = f"{PRODUCTS}/any"
_BASES: WeakKeyDictionary[Storage, str] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in one of the storages; ``bytes`` is its size."""

    key: str
    modified_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form that a client sends as multipart, its file last, in a field named "file"."""

    url: str
    fields: dict[str, str]


def is_ours(key: str) -> bool:
    """Tell whether ``key`` is a name that this module gives."""
    pattern = _OURS.get(key.partition("/")[0])
    return bool(pattern and pattern.fullmatch(key))


def new_key(prefix: str, kind: str = "") -> str:
    """Return a random name below ``prefix``; ``kind`` (webp, jpeg, png) decides its ending."""
    ending = f".{EXTENSIONS[kind]}" if kind else ""
    return f"{prefix}/{uuid4().hex}{ending}"


def address_of(key: str) -> str:
    """Return the plain address of a public file; cheap enough for hundreds on a page."""
    storage: Any = storages["default"]
    if is_local(storage):
        return f"{storage.base_url}{key}"
    # django-storages signs an address and takes the signature off again, once is enough.
    base = _BASES.get(storage)
    if base is None:
        base = _BASES[storage] = storage.url(_ANY).removesuffix(_ANY)
    return f"{base}{key}"


def save_rendition(data: bytes, *, kind: str) -> str:
    """Store a public file of ``kind`` (webp, jpeg, png) and return its key."""
    return save_file(new_key(PRODUCTS, kind), data, store=PUBLIC)


def save_original(data: bytes) -> str:
    """Store an untouched upload privately and return its key."""
    return save_file(new_key(ORIGINALS), data)


def save_cutout(data: bytes, *, kind: str) -> str:
    """Store a picture without its background (png, or webp as a preview) privately."""
    return save_file(new_key(CUTOUTS, kind), data)


def read_cutout(key: str) -> bytes:
    """Return what `save_cutout` stored. Raises `NotFound` when it is gone, `Unavailable`."""
    data = read_private(key, limit=LARGEST_CUTOUT)
    if data is None:
        raise NotFound("file_missing", "The file of this cut-out is gone; cut it out again.")
    return data


def save_quarantined(key: str, data: bytes) -> None:
    """Store an unchecked upload under ``key``; an upload that is there already is replaced."""
    discard([key])
    save_file(key, data)


def read_private(key: str, *, limit: int) -> bytes | None:
    """Return a private file, at most ``limit`` + 1 bytes of it; None when there is none."""
    return read_file(key, limit=limit + 1)


def discard(keys: Iterable[str]) -> list[str]:
    """Remove files that no row names, and return those that could not be removed.

    One left behind costs bytes, not an error page: the sweep of orphans finds it.
    """
    left = []
    for key in keys:
        left += discard_files([key], store=_store_of(key))
    return left


def files_of(prefix: str) -> Iterator[StoredFile]:
    """Yield the files below ``prefix`` whose names are ours, in no particular order."""
    storage = storages[_store_of(f"{prefix}/")]
    found = _on_disk(storage, prefix) if is_local(storage) else _in_bucket(storage, prefix)
    return (file for file in found if is_ours(file.key))


def is_local(storage: Storage) -> bool:
    """Tell whether ``storage`` is a folder of this machine."""
    return isinstance(storage, FileSystemStorage)


def sign_upload(key: str, *, content_type: str, max_bytes: int, seconds: int) -> UploadForm | None:
    """Return S3's own form for one file of that key, type and size; None on local disk."""
    storage: Any = storages["private"]
    if is_local(storage):
        return None
    signed = storage.connection.meta.client.generate_presigned_post(
        Bucket=storage.bucket_name,
        Key=key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
        ExpiresIn=seconds,
    )
    return UploadForm(signed["url"], signed["fields"])


def sign_download(key: str) -> str | None:
    """Return a link to a private file that is good for seconds; None on local disk.

    The link makes a browser save the file, whatever is in it.
    """
    storage: Any = storages["private"]
    if is_local(storage):
        return None
    disguise = {
        "ResponseContentDisposition": "attachment",
        "ResponseContentType": "application/octet-stream",
    }
    return str(storage.url(key, parameters=disguise))


def _store_of(key: str) -> str:
    return PUBLIC if key.startswith(f"{PRODUCTS}/") else PRIVATE


def _on_disk(storage: Any, prefix: str) -> Iterator[StoredFile]:
    folder = Path(storage.path(prefix))
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_file(follow_symlinks=False):
                continue
            try:
                facts = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                # Another sweep took it away since the folder was read.
                continue
            modified = datetime.fromtimestamp(facts.st_mtime, tz=UTC)
            yield StoredFile(f"{prefix}/{entry.name}", modified, facts.st_size)


def _in_bucket(storage: Any, prefix: str) -> Iterator[StoredFile]:
    for item in storage.bucket.objects.filter(Prefix=f"{prefix}/"):
        yield StoredFile(item.key, item.last_modified, item.size)
