"""Pictures of requests in the private store, under random names that tell nothing."""

import re
from uuid import uuid4

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import read_file, save_file

FOLDER = "custom-cakes"
CONTENT_TYPE = "image/jpeg"
_OURS = re.compile(rf"{FOLDER}/[0-9a-f]{{32}}\.jpg")
_LARGEST = 12 * 1024 * 1024


def save_photo(data: bytes) -> str:
    """Keep a picture and return its key; raise `Unavailable`."""
    return save_file(new_key(), data)


def new_key() -> str:
    """Return a name that no other picture has."""
    return f"{FOLDER}/{uuid4().hex}.jpg"


def read_photo(key: str) -> bytes:
    """Return a kept picture; raise `NotFound` ``photo_gone`` or `Unavailable`."""
    data = read_file(key, limit=_LARGEST) if _OURS.fullmatch(key) else None
    if data is None:
        raise NotFound("photo_gone", "This picture is not there any more.")
    return data
