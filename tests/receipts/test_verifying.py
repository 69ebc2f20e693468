"""R1: only the file itself, whole and as it was signed, is a receipt of ours."""

import hashlib
import io
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from apps.receipts import services
from apps.receipts.adapters import signing
from apps.receipts.adapters.certificates import make_certificate
from bakery.kernel import clock
from tests.orders.factories import AT
from tests.receipts.factories import file_of, sealed, unsigned_copy, with_revision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage", "drawn_once")]
PAGE, API = "/receipts/check/", "/api/v1/receipts/check"


@pytest.fixture
def document():
    return sealed()


def other_key(settings, *, trusted: bool = False):
    """Sign with another certificate from now on, and return it."""
    # It covers when the tests' receipts were issued and when their files are looked at.
    since, until = AT - timedelta(days=400), clock.now() + timedelta(days=400)
    made = make_certificate(name="Another", since=since, until=until)
    settings.RECEIPT_SIGNING_KEY = made.key
    settings.RECEIPT_SIGNING_CERTIFICATES = made.certificate
    settings.RECEIPT_TRUSTED_ROOTS = (
        f"{settings.RECEIPT_TRUSTED_ROOTS}\n{made.root}" if trusted else made.root
    )
    return made


def fate(data: bytes) -> str:
    verdict = services.verify_file(data=data)
    assert verdict.valid is not bool(verdict.reasons)
    return "valid" if verdict.valid else verdict.reasons[0].code


def send(data: bytes):
    file = SimpleUploadedFile("receipt.pdf", data, "application/pdf")
    return Client().post(API, {"file": file})


def edits(data: bytes, document) -> dict[str, bytes]:
    """Return what people do to a file, by what is to be said of it."""
    first = data.index(document.number.encode()) if document.number.encode() in data else 300
    changed = bytearray(data)
    changed[first] ^= 1
    return {
        "altered": bytes(changed),
        "added_to": with_revision(data),
        "unsigned": unsigned_copy(document),
        "cut_off": data[:-40],
        "not_pdf": b"\x89PNG" + data,
    }


def test_the_file_itself_is_valid_and_everything_that_was_done_to_it_is_not(document):
    data = file_of(document)
    verdict = services.verify_file(data=data)
    assert (verdict.valid, verdict.number, verdict.reasons) == (True, document.number, ())
    for expected, edited in edits(data, document).items():
        assert fate(edited) == expected
    assert fate(data + b"\n") == "added_to"
    assert services.verify_file(data=data + b"\n").number == document.number
    assert fate(data[: len(data) // 2]) in {"cut_off", "unsigned"}
    assert fate(b"") == "not_pdf"
    assert fate(b"%PDF-1.7\n" + b"0" * (2 * 1024 * 1024)) == "too_large"


def test_a_byte_anywhere_makes_it_invalid(document):
    data = file_of(document)
    for place in range(0, len(data), max(1, len(data) // 60)):
        edited = bytearray(data)
        edited[place] ^= 0x20
        assert fate(bytes(edited)) != "valid", place


def test_the_appended_revision_passes_for_whoever_looks_only_at_the_signature(document):
    """Why the whole file must be covered: the signature in it is intact and valid still."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature

    data = with_revision(file_of(document))
    embedded = PdfFileReader(io.BytesIO(data)).embedded_signatures[0]
    status = validate_pdf_signature(
        embedded, signing._context(signing.settings.RECEIPT_TRUSTED_ROOTS, at=AT), skip_diff=True
    )
    assert status.intact
    assert status.valid
    assert fate(data) == "added_to"
    assert signing.examine(data, at=AT).problem == "added_to"


def test_a_receipt_of_another_shop_and_one_of_another_database_are_told(document, settings):
    data = file_of(document)
    # Signed with our key, but never written down here: another environment's, or made by hand.
    forged = signing.sign(unsigned_copy(document), reason="by hand")
    assert fate(forged) == "unknown"
    other_key(settings)
    stranger = signing.sign(unsigned_copy(document), reason="theirs")
    assert fate(data) == "other_signer"
    settings.RECEIPT_SIGNING_CERTIFICATES = ""
    assert fate(stranger) == "other_signer"


def test_a_retired_certificate_stays_ours(document, settings):
    data, old = file_of(document), document.seal.signer
    other_key(settings, trusted=True)
    assert fate(data) == "other_signer"
    settings.RECEIPT_RETIRED_SIGNERS = [":".join(old[i : i + 2] for i in range(0, 64, 2)).upper()]
    assert fate(data) == "valid"
    later = sealed(ref="pi_2")
    assert later.seal.signer != old
    assert fate(file_of(later)) == "valid"


def test_a_row_that_was_put_in_for_another_file_does_not_make_it_valid(document, settings):
    """Who can write into the database, but has no key, cannot make a receipt."""
    from apps.receipts.models import Seal

    other_key(settings)
    fake = signing.sign(unsigned_copy(document), reason="theirs")
    made = signing.current_signer()
    settings.RECEIPT_SIGNING_CERTIFICATES = ""
    second = document
    second.pk, second.number, second.position = None, "R-2026-999999", 2
    second.save()
    Seal.objects.create(
        document=second,
        key="fake",
        sha256=hashlib.sha256(fake).hexdigest(),
        size=len(fake),
        signer=made.fingerprint,
        sealed_at=AT,
        kept_until=AT.date(),
    )
    assert fate(fake) == "other_signer"


def test_over_http_everybody_can_ask(document):
    data = file_of(document)
    reply = send(data)
    assert reply.json() == {
        "valid": True,
        "reasons": [],
        "number": document.number,
        "kind": "receipt",
        "issued_on": document.issued_on.isoformat(),
        "total": str(document.total),
        "currency": "CAD",
    }
    assert reply["Cache-Control"] == "no-store"
    for expected, edited in edits(data, document).items():
        body = send(edited).json()
        assert body["valid"] is False
        assert [reason["code"] for reason in body["reasons"]] == [expected]


def test_the_page_says_valid_or_why_not(document):
    data = file_of(document)
    client = Client(enforce_csrf_checks=True)
    assert "Is this receipt ours?" in client.get(PAGE).content.decode()

    def ask(content):
        return client.post(PAGE, {"file": SimpleUploadedFile("r.pdf", content)})

    good = ask(data).content.decode()
    assert "Valid." in good
    assert document.number in good
    for expected, edited in edits(data, document).items():
        page = ask(edited).content.decode()
        assert "Not valid." in page
        assert services.REASONS[expected] in page


@pytest.mark.parametrize("body", [{}, {"file": "text"}])
def test_what_is_no_file_is_said_plainly(body):
    assert Client().post(PAGE, body).status_code == 400
    reply = Client().post(API, body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "one_file_needed")


def test_what_is_too_long_is_refused_before_it_is_read():
    def file(size):
        return {"file": SimpleUploadedFile("r.pdf", b"%PDF-" + b"x" * size)}

    assert Client().post(PAGE, file(2 * 1024 * 1024)).status_code == 413
    assert Client().post(API, file(3 * 1024 * 1024)).status_code == 413
    just_over = Client().post(API, file(2 * 1024 * 1024)).json()
    assert just_over["reasons"][0]["code"] == "too_large"


@pytest.mark.parametrize(
    "hostile",
    [
        b"%PDF-1.7 /ByteRange [0 10 20 5] <zz>",
        b"%PDF-1.7 /ByteRange [0 999999999 999999999 999999999] %%EOF",
        b"%PDF-1.7 /ByteRange [0 30 20 5] %%EOF",
        b"%PDF-1.7 " + b"/ByteRange [" * 5000 + b"%%EOF",
        b"%PDF-1.7 /ByteRange [0 36 50 6] aaaaa<3080308030803080>    %%EOF",
        b"%PDF-" + bytes(range(256)) * 50,
    ],
)
def test_hostile_files_get_a_verdict(hostile):
    assert fate(hostile) in {"unsigned", "cut_off", "unreadable", "other_signer"}


def test_a_file_of_many_ranges_is_not_read_for_each_of_them():
    """Each names 130 kilobytes of digits that are none at their end: 70 000 took a minute."""
    digits = b"<" + b"a" * 131_000 + b"zz>"
    range_ = b"/ByteRange[0 5 %d 1]" % (5 + len(digits))
    room = services.LARGEST_CHECKED - len(digits) - 5
    began = time.process_time()
    assert fate(b"%PDF-" + digits + range_ * (room // len(range_))) == "cut_off"
    assert time.process_time() - began < 2


def test_asking_is_limited(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "receipt_check": "2/minute"}
    assert [send(b"x").status_code for _ in range(3)] == [200, 200, 429]
    assert Client().post(PAGE, {}).status_code == 429


def test_the_command_ends_with_one_unless_all_are_valid(document, tmp_path):
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(file_of(document))
    bad.write_bytes(with_revision(file_of(document)))
    out = io.StringIO()
    call_command("verify_receipt", str(good), stdout=out)
    assert f"valid: {document.number}" in out.getvalue()
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 3 not valid") as error:
        call_command("verify_receipt", str(bad), str(good), str(tmp_path / "none"), stdout=out)
    assert error.value.returncode == 1
    assert "not valid: Something was added" in out.getvalue()
    assert f"it began as {document.number}" in out.getvalue()
    assert "cannot be read" in out.getvalue()
