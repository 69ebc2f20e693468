"""What all file stores have in common, on disk or in S3: failing, and files that stay private."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import botocore.exceptions
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from bakery.kernel import breakers
from bakery.kernel.errors import Unavailable

logger = logging.getLogger(__name__)
PRIVATE = "private"
_BREAKER = "storage"
# What a store raises that is down, full, or refuses us.
DOWN = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError)
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


def store_unavailable(error: Exception) -> Unavailable:
    """Return the refusal of who needs a store that raised ``error``, and log its kind."""
    logger.error("file storage unavailable", extra={"error": type(error).__name__})
    return Unavailable(
        "storage_unavailable",
        "The file storage does not answer right now. Nothing was changed; try again.",
        details={"retry_after": 5},
    )


@contextmanager
def _guarded() -> Iterator[None]:
    """Ask nothing of a store that is down: whoever waits for it holds a worker meanwhile."""
    try:
        with breakers.guarded(_BREAKER, is_down=_means_down):
            yield
    except breakers.BreakerOpen as error:
        raise store_unavailable(error) from error


def _means_down(error: Exception) -> bool:
    """Tell whether S3 did not answer as one that works; what a disk says costs no waiting."""
    if isinstance(error, botocore.exceptions.ClientError):
        meta = error.response.get("ResponseMetadata") or {}
        return int(meta.get("HTTPStatusCode") or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(
        error, (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)
    )


def error_code(error: Exception) -> str:
    """Return S3's own code of a refusal, "" for any other failure."""
    reply = getattr(error, "response", None) or {}
    return str(reply.get("Error", {}).get("Code", ""))


def save_file(key: str, data: bytes, *, store: str = PRIVATE) -> str:
    """Write a file under a new name and return the name it got. Raises `Unavailable`."""
    try:
        with _guarded():
            return storages[store].save(key, ContentFile(data))
    except DOWN as error:
        raise store_unavailable(error) from error


def read_file(key: str, *, limit: int = -1, store: str = PRIVATE) -> bytes | None:
    """Return a file, at most ``limit`` bytes of it; None when there is none. Raises `Unavailable`.

    Whoever calls has made sure that ``key`` is a name that the shop itself gave.
    """
    try:
        with _guarded(), storages[store].open(key) as file:
            return bytes(file.read(limit))
    except FileNotFoundError:
        return None
    except DOWN as error:
        if error_code(error) in _MISSING:
            return None
        raise store_unavailable(error) from error


def discard_files(keys: Iterable[str], *, store: str = PRIVATE) -> list[str]:
    """Remove files that no row names, and return those that could not be removed.

    One left behind costs its bytes, not an error page.
    """
    left = []
    for key in keys:
        try:
            storages[store].delete(key)
        except DOWN as error:
            left.append(key)
            logger.warning("file not removed", extra={"error": type(error).__name__})
    return left
