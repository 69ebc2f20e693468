"""Where pictures of orders are kept: privately, under random names, and never changed."""

import hashlib
import logging
import re
from collections.abc import Iterable
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import DOWN, store_unavailable

logger = logging.getLogger(__name__)
_FOLDER = "evidence"
_OURS = re.compile(rf"{_FOLDER}/[0-9a-f]{{32}}\.(jpg|png)")
_LARGEST = 12 * 1024 * 1024


def content_type_of(key: str) -> str:
    """Return the type of a kept picture."""
    return "image/png" if key.endswith(".png") else "image/jpeg"


def save_evidence(data: bytes, *, kind: str) -> str:
    """Keep a picture of ``kind`` (jpeg or png) and return its key; raise `Unavailable`."""
    ending = "png" if kind == "png" else "jpg"
    try:
        return storages["private"].save(f"{_FOLDER}/{uuid4().hex}.{ending}", ContentFile(data))
    except DOWN as error:
        raise store_unavailable(error) from error


def read_evidence(key: str, *, sha256: str) -> bytes:
    """Return a kept picture. Raises `NotFound` ``picture_gone`` when it is not there any more.

    `NotFound` ``picture_changed`` when the file is not the one that was kept; `Unavailable`.
    """
    if not _OURS.fullmatch(key):
        raise NotFound("picture_gone", "This picture is not there any more.")
    try:
        with storages["private"].open(key) as file:
            data = bytes(file.read(_LARGEST))
    except FileNotFoundError as error:
        raise NotFound("picture_gone", "This picture is not there any more.") from error
    except DOWN as error:
        raise store_unavailable(error) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        logger.error("picture of an order is not the one that was kept")
        raise NotFound("picture_changed", "This file is not the picture that was kept.")
    return data


def discard_evidence(keys: Iterable[str]) -> None:
    """Remove pictures that no row names; one that cannot be removed costs only its bytes."""
    for key in keys:
        try:
            storages["private"].delete(key)
        except DOWN as error:
            logger.warning("file not removed", extra={"error": type(error).__name__})
