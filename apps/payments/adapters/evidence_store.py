"""Where frozen evidence is kept: privately, under names that nobody can guess, never changed."""

import logging
import re
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from bakery.kernel.errors import NotFound
from bakery.kernel.stores import DOWN, store_unavailable

logger = logging.getLogger(__name__)
_FOLDER = "disputes"
_OURS = re.compile(rf"{_FOLDER}/[0-9a-f]{{32}}\.zip")


def save_archive(data: bytes) -> str:
    """Keep an archive and return its key; raise `Unavailable`."""
    try:
        return storages["private"].save(f"{_FOLDER}/{uuid4().hex}.zip", ContentFile(data))
    except DOWN as error:
        raise store_unavailable(error) from error


def read_archive(key: str) -> bytes:
    """Return a kept archive; raise `NotFound` ``evidence_gone`` or `Unavailable`."""
    gone = NotFound("evidence_gone", "The frozen evidence is not there any more.")
    if not _OURS.fullmatch(key):
        raise gone
    try:
        with storages["private"].open(key) as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise gone from error
    except DOWN as error:
        raise store_unavailable(error) from error


def discard_archive(key: str) -> None:
    """Remove an archive that no row names; one that cannot be removed costs only its bytes."""
    try:
        storages["private"].delete(key)
    except DOWN as error:
        logger.warning("file not removed", extra={"error": type(error).__name__})
