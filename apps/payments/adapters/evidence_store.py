"""Where frozen evidence is kept: privately, under names that nobody can guess, never changed."""

import re
from uuid import uuid4

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import read_file, save_file

_FOLDER = "disputes"
_OURS = re.compile(rf"{_FOLDER}/[0-9a-f]{{32}}\.zip")


def save_archive(data: bytes) -> str:
    """Keep an archive and return its key; raise `Unavailable`."""
    return save_file(f"{_FOLDER}/{uuid4().hex}.zip", data)


def read_archive(key: str) -> bytes:
    """Return a kept archive; raise `NotFound` ``evidence_gone`` or `Unavailable`."""
    data = read_file(key) if _OURS.fullmatch(key) else None
    if data is None:
        raise NotFound("evidence_gone", "The frozen evidence is not there any more.")
    return data
