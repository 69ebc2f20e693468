"""Where pictures of orders are kept: privately, under random names, and never changed."""

import hashlib
import logging
import re
from uuid import uuid4

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import read_file, save_file

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
    return save_file(f"{_FOLDER}/{uuid4().hex}.{ending}", data)


def read_evidence(key: str, *, sha256: str) -> bytes:
    """Return a kept picture. Raises `NotFound` ``picture_gone`` when it is not there any more.

    `NotFound` ``picture_changed`` when the file is not the one that was kept; `Unavailable`.
    """
    data = read_file(key, limit=_LARGEST) if _OURS.fullmatch(key) else None
    if data is None:
        raise NotFound("picture_gone", "This picture is not there any more.")
    if hashlib.sha256(data).hexdigest() != sha256:
        logger.error("picture of an order is not the one that was kept")
        raise NotFound("picture_changed", "This file is not the picture that was kept.")
    return data
