"""Files that no row names go; everything else stays."""

import io
import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command

from apps.catalog import services
from apps.catalog.adapters import object_store
from apps.catalog.models import Picture
from apps.catalog.services import gallery
from apps.catalog.tasks import remove_orphans
from bakery.kernel import clock
from tests.catalog.factories import make_product
from tests.catalog.pictures import files, picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
STRANGE = (
    "products/readme.txt",
    "products/" + "a" * 32 + ".html",
    "products/sub/" + "a" * 32 + ".webp",
    "invoices/" + "a" * 32 + ".webp",
)


def age(hours: float) -> None:
    """Make every stored file as old as ``hours``."""
    then = clock.now().timestamp() - hours * 3600
    roots = [Path(settings.MEDIA_ROOT), Path(settings.STORAGES["private"]["OPTIONS"]["location"])]
    for root in roots:
        for path in root.rglob("*"):
            os.utime(path, (then, then))


def _stored() -> tuple[set[str], set[str]]:
    """Two pictures, an upload that waits, foreign files; and orphans, which are returned last."""
    product = make_product()
    for size in ((700, 300), (50, 50)):
        services.add_picture(
            product_id=product.pk, data=picture(size=size), at=clock.now(), actor="user:1"
        )
    offered = services.offer_upload(
        content_type="image/jpeg", size=1000, at=clock.now(), actor="user:1"
    )
    object_store.save_quarantined(offered.upload.key, b"waits")
    for name in STRANGE:
        default_storage.save(name, ContentFile(b"x"))
        storages["private"].save(name, ContentFile(b"x"))
    kept = set(files())
    orphans = {
        object_store.save_rendition(b"x", kind="webp"),
        object_store.save_rendition(b"x", kind="jpeg"),
        object_store.save_original(b"xyz"),
        object_store.new_key(object_store.QUARANTINE),
    }
    for key in orphans:
        if key.startswith("quarantine/"):
            object_store.save_quarantined(key, b"x")
    return kept, orphans


def test_only_old_files_of_ours_that_no_row_names_are_removed():
    kept, orphans = _stored()
    age(23)
    assert services.remove_orphans(at=clock.now()).orphans == []
    age(25)
    dry = services.remove_orphans(at=clock.now(), is_dry_run=True)
    assert (set(dry.orphans), dry.bytes) == (orphans, 6)
    assert set(files()) == kept | orphans
    assert remove_orphans() == len(orphans)
    assert set(files()) == kept
    assert remove_orphans() == 0


def test_the_command_prints_what_it_would_remove():
    kept, orphans = _stored()
    age(25)
    said = io.StringIO()
    call_command("remove_orphans", "--dry-run", stdout=said)
    *keys, summary = said.getvalue().splitlines()
    assert set(keys) == orphans
    assert "4 would be removed" in summary
    assert set(files()) == kept | orphans
    call_command("remove_orphans", stdout=said)
    assert set(files()) == kept
    with pytest.raises(CommandError):
        call_command("remove_orphans", "--older-than-hours=0", stdout=said)


def test_every_place_that_names_a_file_is_asked(django_assert_num_queries):
    product = make_product()
    row = services.add_picture(product_id=product.pk, data=picture(), at=clock.now())
    named = {
        "original_key": row.original_key,
        "rendition": row.renditions["jpeg"]["320"],
        "shown": object_store.new_key("products", "webp"),
        "image": object_store.new_key("products", "webp"),
    }
    Picture.objects.update(shown_renditions={"webp": {"320": named["shown"]}})
    type(product).objects.update(image=named["image"])
    from apps.catalog.selectors import named_files

    others = [object_store.new_key("products", "webp") for _ in range(400)]
    for asked in (list(named.values()), [*named.values(), *others]):
        with django_assert_num_queries(1):
            assert named_files(asked) == set(named.values())


def test_a_file_that_cannot_be_removed_is_told(monkeypatch):
    orphan = object_store.save_rendition(b"x", kind="webp")
    age(25)
    monkeypatch.setattr(
        type(storages["default"]), "delete", lambda *_: (_ for _ in ()).throw(OSError)
    )
    report = services.remove_orphans(at=clock.now())
    assert report.failed == report.orphans == [orphan]


# --- an upload in progress ----------------------------------------------------------------------


def _sweep_between_files_and_row(monkeypatch, *, grace: timedelta) -> None:
    """Take in a picture, with a sweep at the moment when its files are there and its row is not."""
    lock = gallery.lock_product
    swept = []

    def lock_after_sweep(product_id):
        if not swept:
            # By the file system's clock: the age of files is told by what it noted.
            written = Path(default_storage.path("products")).stat().st_mtime
            at = datetime.fromtimestamp(written, tz=UTC) + timedelta(seconds=1)
            swept.append(services.remove_orphans(at=at, grace=grace))
        return lock(product_id)

    monkeypatch.setattr(gallery, "lock_product", lock_after_sweep)
    services.add_picture(product_id=make_product().pk, data=picture(), at=clock.now())
    assert swept[0].seen == (0 if grace else 3)


def test_an_upload_in_progress_is_no_orphan(monkeypatch):
    _sweep_between_files_and_row(monkeypatch, grace=timedelta(hours=24))
    assert len(files()) == 3


@pytest.mark.control
def test_control_without_the_grace_an_upload_in_progress_loses_its_files(monkeypatch):
    _sweep_between_files_and_row(monkeypatch, grace=timedelta(0))
    assert Picture.objects.count() == 1
    assert files() == []


def test_a_file_that_another_sweep_takes_away_meanwhile_is_passed_over(monkeypatch):
    for name in ("a", "b"):
        default_storage.save(f"products/{name * 32}.webp", ContentFile(b"x"))
    folder = Path(default_storage.path("products"))
    read = os.scandir

    @contextmanager
    def taken_since(path):
        with read(path) as entries:
            rows = list(entries)
        (folder / f"{'a' * 32}.webp").unlink()
        yield rows

    monkeypatch.setattr(os, "scandir", taken_since)
    found = [file.key for file in object_store.files_of("products")]
    assert found == [f"products/{'b' * 32}.webp"]
