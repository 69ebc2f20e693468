"""Files of documents: made once, whatever crashes or runs beside it, and kept."""

import hashlib
import io
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from apps.notifications.models import Alert
from apps.receipts import handlers, services, tasks
from apps.receipts.adapters import signing, store
from apps.receipts.adapters.certificates import make_certificate
from apps.receipts.events import DocumentIssued
from apps.receipts.models import Document, Seal
from apps.receipts.rules.retention import kept_until
from apps.receipts.services import sealing
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict, Unavailable
from bakery.kernel.models import OutboxMessage
from bakery.sandbox.timestamps import TimestampServer
from tests.orders.factories import AT
from tests.receipts.factories import file_of, issue, sealed, with_revision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage", "drawn_once")]
LATER = AT + timedelta(minutes=10)


def seal(document, at=AT):
    return services.seal_document(document_id=document.pk, at=at)


def files():
    root = Path(storages["receipts"].location)
    return sorted(path for path in root.rglob("*") if path.is_file())


def without_key(settings):
    settings.RECEIPT_SIGNING_KEY = ""


def test_a_document_gets_one_signed_file_and_the_row_that_says_so():
    document = issue()
    row = seal(document)
    data = file_of(Document.objects.get(pk=document.pk))
    assert (row.sha256, row.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert row.signer == services.signing_fingerprint()
    assert row.key.startswith(f"{document.issued_on.year}/{document.number}-")
    assert row.kept_until == date(document.issued_on.year + 7, 12, 31)
    assert (row.sealed_at, row.timestamped_at) == (AT, None)
    assert signing.examine(data, at=AT) == signing.Finding("", row.signer)
    # Again is harmless: the same row, and nothing is told twice.
    assert seal(document, LATER) == row
    assert len(files()) == 1
    told = OutboxMessage.objects.filter(kind="receipts.document_sealed")
    assert told.values("handler").distinct().count() == told.count() > 0


def test_the_file_is_never_written_again():
    document = sealed()
    (path,) = files()
    assert path.stat().st_mode & 0o777 == 0o400
    assert store.keep(document.seal.key, b"other", until=date(2033, 12, 31)) is False
    assert services.verify_file(data=file_of(document)).valid
    assert files() == [path]


@pytest.mark.parametrize("moment", ["store", "row"])
def test_a_crash_in_between_leads_to_one_seal(monkeypatch, moment):
    """Killed before or after the file was kept: the next try finds what is there."""
    document = issue()

    def die(*args, **given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(
            *((store, "keep", die) if moment == "store" else (sealing, "_write_down", die))
        )
        with pytest.raises(KeyboardInterrupt):
            seal(document)
    assert not Seal.objects.exists()
    row = seal(document, LATER)
    assert len(files()) == 1
    assert services.verify_file(data=file_of(row.document)).valid
    assert Seal.objects.count() == 1


def test_a_wrong_file_in_its_place_is_never_taken_for_it():
    document = issue()
    seal(document)
    row = Seal.objects.get()
    other = issue(ref="pi_2")
    key = sealing._key_of(other, sealing.render_pdf(document=other))
    store.keep(key, with_revision(store.read(row.key)), until=row.kept_until)
    with pytest.raises(Conflict, match="another file"):
        seal(other)
    assert not hasattr(Document.objects.get(pk=other.pk), "seal")


def test_a_file_that_changed_or_vanished_is_not_shown():
    document = sealed()
    (path,) = files()
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"?")
    with pytest.raises(Unavailable) as error:
        file_of(document)
    assert error.value.code == "receipt_damaged"
    path.unlink()
    with pytest.raises(Unavailable) as error:
        file_of(document)
    assert error.value.code == "receipt_damaged"


def test_without_a_key_documents_wait_one_alert_is_raised_and_the_sweep_makes_them(settings):
    key = settings.RECEIPT_SIGNING_KEY
    first, second = issue(), issue(ref="pi_2")
    without_key(settings)
    assert seal(first) is None
    assert seal(second) is None
    assert services.seal_waiting(at=LATER) == 0
    alert = Alert.objects.get()
    assert first.number in alert.text
    assert "No key" in alert.text
    settings.RECEIPT_SIGNING_KEY = key
    assert services.seal_waiting(at=LATER) == 2
    assert Seal.objects.count() == 2
    assert services.seal_waiting(at=LATER) == 0
    # The next time it happens is another time.
    third = issue(ref="pi_3")
    without_key(settings)
    assert seal(third) is None
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("name", ["RECEIPT_SIGNING_KEY", "RECEIPT_SIGNING_CERTIFICATES"])
def test_an_unreadable_key_is_told_as_such_and_nothing_is_lost(settings, name):
    document = issue()
    setattr(settings, name, "/nowhere/key.pem")
    assert seal(document) is None
    assert "cannot be read" in Alert.objects.get().text


def test_a_certificate_that_is_over_signs_nothing_and_is_announced_before(settings):
    made = make_certificate(
        name="Old", since=AT - timedelta(days=90), until=AT + timedelta(days=29)
    )
    settings.RECEIPT_SIGNING_KEY = made.key
    settings.RECEIPT_SIGNING_CERTIFICATES = made.certificate
    settings.RECEIPT_TRUSTED_ROOTS = made.root
    document = sealed()
    assert services.watch_certificate(at=AT - timedelta(days=2)) is False
    assert services.watch_certificate(at=AT) is True
    assert services.watch_certificate(at=AT + timedelta(days=1)) is True
    assert "ends on 2026-12-19" in Alert.objects.get().text
    over = AT + timedelta(days=30)
    assert seal(issue(ref="pi_2"), over) is None
    assert Alert.objects.count() == 2
    # What it signed while it was good stays good.
    assert services.verify_file(data=file_of(document)).valid


def test_a_young_document_is_left_to_its_handler_and_a_late_one_is_told_of(monkeypatch):
    document = issue()
    assert services.seal_waiting(at=AT + timedelta(minutes=1)) == 0

    def down(*args, **given):
        raise Unavailable("storage_unavailable", "The store of receipts does not answer.")

    monkeypatch.setattr(store, "keep", down)
    assert services.seal_waiting(at=LATER) == 0
    assert not Alert.objects.exists()
    assert services.seal_waiting(at=AT + timedelta(hours=2)) == 0
    assert document.number in Alert.objects.get().text


def test_one_that_fails_does_not_hold_up_the_others(monkeypatch):
    first, second = issue(), issue(ref="pi_2")
    render = sealing.render_pdf

    def fail(*, document):
        if document.pk == first.pk:
            raise RuntimeError("cannot be drawn")
        return render(document=document)

    monkeypatch.setattr(sealing, "render_pdf", fail)
    assert services.seal_waiting(at=LATER) == 1
    assert Seal.objects.get().document_id == second.pk


def test_the_tasks_and_the_handler_do_what_they_say(settings):
    document = issue(clock.now() - timedelta(minutes=5))
    event = DocumentIssued(document_id=document.pk, order_id=document.order_id)
    handlers.seal_issued(event, at=AT)
    assert not Seal.objects.exists()
    settings.RECEIPT_SEALING_AUTOMATIC = True
    handlers.seal_issued(event, at=AT)
    assert Seal.objects.count() == 1
    assert tasks.seal_waiting() == 0
    assert tasks.watch_certificate() is False
    (known,) = [
        h for h in outbox.handlers_of(DocumentIssued.kind) if h.name.endswith("seal_issued")
    ]
    assert known.external


def test_drawing_keeps_nobody_from_alerts(settings):
    settings.RECEIPT_SEALING_AUTOMATIC = True
    issue()
    outbox.drain(outbox.CRITICAL)
    outbox.drain(outbox.DEFAULT)
    assert not Seal.objects.exists()
    assert outbox.drain(outbox.DOCUMENTS) == 1
    assert Seal.objects.count() == 1
    # The sweep of those that were left draws as well.
    route = current_app.amqp.router.route({}, tasks.seal_waiting.name)
    assert route["queue"].name == outbox.DOCUMENTS


def test_what_an_older_release_queued_elsewhere_is_still_sealed(settings):
    settings.RECEIPT_SEALING_AUTOMATIC = True
    issue()
    OutboxMessage.objects.filter(done_at=None).update(queue=outbox.DEFAULT)
    outbox.drain(outbox.DEFAULT)
    assert Seal.objects.count() == 1


def test_a_timestamp_server_is_asked_and_believed_only_when_it_is_trusted(settings):
    with TimestampServer() as server:
        settings.RECEIPT_TIMESTAMP_URL = server.url
        settings.RECEIPT_TIMESTAMP_ROOTS = server.root
        before = clock.now()
        document = sealed()
        assert server.asked == 1
        stamped = document.seal.timestamped_at
        assert before - timedelta(seconds=2) < stamped < clock.now() + timedelta(seconds=2)
        assert services.verify_file(data=file_of(document)).valid
        # One whose certificate leads nowhere gives a signature without a time.
        settings.RECEIPT_TIMESTAMP_ROOTS = settings.RECEIPT_TRUSTED_ROOTS
        assert sealed(ref="pi_2").seal.timestamped_at is None
        server.broken = True
        waits = issue(ref="pi_3")
        with pytest.raises(Unavailable) as error:
            seal(waits)
        assert error.value.code == "timestamp_unavailable"
        server.broken = False
        assert seal(waits) is not None


@pytest.mark.parametrize(
    ("day", "ends", "until"),
    [
        (date(2026, 1, 1), "12-31", date(2033, 12, 31)),
        (date(2026, 12, 31), "12-31", date(2033, 12, 31)),
        (date(2026, 3, 31), "03-31", date(2033, 3, 31)),
        (date(2026, 4, 1), "03-31", date(2034, 3, 31)),
        (date(2026, 1, 5), "02-29", date(2033, 3, 1)),
    ],
)
def test_files_are_kept_for_years_after_the_end_of_the_tax_year(day, ends, until):
    assert kept_until(day, tax_year_ends=ends, years=7) == until


@pytest.mark.django_db(transaction=True)
def test_workers_that_seal_the_same_document_end_in_one_file(parallel, monkeypatch):
    document = issue()
    # All have looked for the file before any has kept one.
    together, read = threading.Barrier(4), store.read
    local = threading.local()

    def read_together(key):
        found = read(key)
        if not getattr(local, "met", False):
            local.met = True
            together.wait(60)
        return found

    monkeypatch.setattr(store, "read", read_together)
    rows = parallel(4, lambda _: seal(document))
    assert {row.pk for row in rows} == {Seal.objects.get().pk}
    assert len(files()) == 1
    assert services.verify_file(data=read(rows[0].key)).valid


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_where_a_name_may_be_written_twice_the_file_is_not_the_sealed_one(
    parallel, monkeypatch
):
    document = issue()
    together, local = threading.Barrier(2), threading.local()
    first_kept, second_kept, written = (threading.Event() for _ in range(3))
    write_down = sealing._write_down

    def keep_over(key, data, *, until):
        """Keep as a store does that has no such thing as a name given once."""
        local.second = together.wait(60) == 1
        if local.second:
            assert first_kept.wait(60)
        storages["receipts"].delete(key)
        storages["receipts"].save(key, ContentFile(data))
        (second_kept if local.second else first_kept).set()
        return True

    def write_in_turn(*args, **given):
        # The row is the first one's, and the file is the second one's by then.
        assert (written if local.second else second_kept).wait(60)
        row = write_down(*args, **given)
        written.set()
        return row

    monkeypatch.setattr(store, "keep", keep_over)
    monkeypatch.setattr(sealing, "_write_down", write_in_turn)
    rows = parallel(2, lambda _: seal(document))
    row = Seal.objects.get()
    assert rows == [row, row]
    assert hashlib.sha256(store.read(row.key)).hexdigest() != row.sha256


def test_a_certificate_made_by_the_command_signs_and_nothing_is_overwritten(settings, tmp_path):
    out, old = io.StringIO(), services.signing_fingerprint()
    call_command("make_receipt_certificate", str(tmp_path / "new"), stdout=out)
    said = dict(line.split("=", 1) for line in out.getvalue().splitlines() if line[0] != "#")
    assert old in out.getvalue()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "new").iterdir())
    for name, value in said.items():
        setattr(settings, name, value)
    settings.RECEIPT_TRUSTED_ROOTS = str(tmp_path / "new" / "root.pem")
    document = sealed(clock.now())
    assert document.seal.signer == services.signing_fingerprint() != old
    assert services.verify_file(data=file_of(document)).valid
    key = (tmp_path / "new" / "key.pem").read_text()
    with pytest.raises(CommandError, match="exists"):
        call_command("make_receipt_certificate", str(tmp_path / "new"), stdout=out)
    assert (tmp_path / "new" / "key.pem").read_text() == key
