"""Removing files that no row names: what a crash between the storage and the database left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from apps.catalog import selectors
from apps.catalog.adapters import object_store

# Files come before their rows, so a young file without one may be an upload in progress.
GRACE = timedelta(hours=24)
PREFIXES = (
    object_store.PRODUCTS,
    object_store.ORIGINALS,
    object_store.QUARANTINE,
    object_store.CUTOUTS,
)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class OrphanReport:
    """What a sweep saw. ``orphans`` are the keys that no row names, with ``bytes`` in total."""

    seen: int
    orphans: list[str]
    bytes: int
    failed: list[str]


def remove_orphans(
    *, at: datetime, grace: timedelta = GRACE, is_dry_run: bool = False
) -> OrphanReport:
    """Delete pictures' files older than ``grace`` that no row names; never anything else.

    Only files under our own prefixes and with names of our own making are looked at. With
    ``is_dry_run`` nothing is deleted. A file is never named later than by the request that
    stored it, so what is unnamed after ``grace`` stays so.
    """
    seen, size = 0, 0
    orphans: list[str] = []
    failed: list[str] = []
    for batch in _batches(_old_files(at - grace)):
        seen += len(batch)
        named = selectors.named_files(file.key for file in batch)
        found = [file for file in batch if file.key not in named]
        orphans += [file.key for file in found]
        size += sum(file.bytes for file in found)
        if not is_dry_run:
            failed += object_store.discard(file.key for file in found)
    return OrphanReport(seen, orphans, size, failed)


def _old_files(before: datetime) -> Iterator[object_store.StoredFile]:
    for prefix in PREFIXES:
        for file in object_store.files_of(prefix):
            if file.modified_at < before:
                yield file


def _batches(
    files: Iterable[object_store.StoredFile],
) -> Iterator[list[object_store.StoredFile]]:
    rest = iter(files)
    while batch := list(islice(rest, _BATCH)):
        yield batch
