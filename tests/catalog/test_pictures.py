"""Uploads become harmless pictures or are refused before they cost anything (U1, U2, U3)."""

import io
import os
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from PIL import Image, ImageCms

from apps.catalog import services
from apps.catalog.adapters import object_store
from apps.catalog.adapters.pictures import LONGEST_SIDE, MAX_BYTES, WIDTHS, clean_picture, cleaning
from apps.catalog.models import Picture, Product
from apps.catalog.services import pictures as taking_in
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tests.catalog import pictures as uploads
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import bad_uploads, files, opened, picture

pytestmark = [
    pytest.mark.usefixtures("storage"),
    # Pillow says so as well, of pictures that are refused a moment later.
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


def test_nothing_but_pixels_survives():
    # a photograph with everything in it, and a web page and an archive behind it
    upload = uploads.photograph() + uploads.HTML + b"SECRET-TAIL" + uploads.archive()
    cleaned = clean_picture(upload)
    assert (cleaned.content_type, cleaned.width, cleaned.height) == ("image/jpeg", 240, 320)
    assert {(file.kind, file.width) for file in cleaned.files} == {("webp", 240), ("jpeg", 240)}
    for file in cleaned.files:
        assert b"SECRET" not in file.data
        assert b"<script" not in file.data
        assert b"PK\x03\x04" not in file.data
        seen = opened(file.data)
        assert (seen.format, seen.size) == (file.kind.upper(), (240, 320))
        assert dict(seen.getexif()) == {}
        assert not {"icc_profile", "comment", "xmp", "exif"} & seen.info.keys()


@pytest.mark.control
def test_control_saving_the_picture_as_it_came_keeps_its_secrets():
    upload = opened(uploads.photograph())
    target = io.BytesIO()
    upload.save(target, "WEBP", exif=upload.info["exif"])
    assert b"SECRET-GPS" in target.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "1"),
        ("PNG", "I;16"),
        ("WEBP", "RGB"),
        ("WEBP", "RGBA"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
    ],
)
def test_usual_pictures_are_taken(kind, mode):
    target = io.BytesIO()
    Image.new(mode, (40, 30)).save(target, kind)
    cleaned = clean_picture(target.getvalue())
    assert {opened(file.data).size for file in cleaned.files} == {(40, 30)}


def test_16_bits_of_grey_keep_their_brightness():
    target = io.BytesIO()
    Image.new("I;16", (40, 30), 0xFFFF).save(target, "PNG")
    white = opened(clean_picture(target.getvalue()).files[0].data).convert("RGB")
    assert min(white.getpixel((5, 5))) > 250


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 20_000), (1, 3000)])
def test_very_thin_pictures_are_only_shrunk(size):
    for file in clean_picture(picture("PNG", size=size)).files:
        assert 1 <= max(opened(file.data).size) <= LONGEST_SIDE


def test_a_phones_double_picture_is_its_first_one():
    data = uploads.phone_pair()
    assert opened(data).format == "MPO"
    shown = opened(clean_picture(data).files[0].data).convert("RGB")
    red, _, blue = shown.getpixel((5, 5))
    assert red > 200 > blue


def test_large_photographs_come_in_several_sizes():
    cleaned = clean_picture(picture(size=(4000, 3000)))
    assert (cleaned.width, cleaned.height) == (4000, 3000)
    assert sorted(file.width for file in cleaned.files if file.kind == "webp") == list(WIDTHS)
    tall = clean_picture(picture(size=(1000, 4000)))
    assert all(max(opened(file.data).size) <= LONGEST_SIDE for file in tall.files)


def _pixel(**options) -> tuple[int, ...]:
    cleaned = clean_picture(picture("PNG", **options))
    return opened(cleaned.files[0].data).convert("RGB").getpixel((5, 5))


def test_colours_are_converted_by_the_pictures_own_profile():
    """Without it, as without its metadata, the same numbers would be another colour."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # the same profile with its red and blue exchanged
    swapped = srgb.replace(b"rXYZ", b"#XYZ").replace(b"bXYZ", b"rXYZ").replace(b"#XYZ", b"bXYZ")
    red, _, blue = plain = _pixel()
    assert red > 200 > 2 * blue
    assert max(abs(a - b) for a, b in zip(_pixel(icc_profile=srgb), plain, strict=True)) <= 2
    red, _, blue = _pixel(icc_profile=swapped)
    assert blue > 200 > 2 * red


def test_a_profile_that_does_not_fit_is_ignored():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert _pixel(icc_profile=lab) == _pixel(icc_profile=b"garbage") == _pixel()


def test_what_is_transparent_stays_so_and_is_white_in_jpeg():
    target = io.BytesIO()
    Image.new("RGBA", (40, 30), (200, 0, 0, 0)).save(target, "PNG")
    by_kind = {file.kind: opened(file.data) for file in clean_picture(target.getvalue()).files}
    assert by_kind["webp"].convert("RGBA").getpixel((5, 5))[3] == 0
    assert min(by_kind["jpeg"].getpixel((5, 5))) > 250


@pytest.mark.parametrize("name", sorted(bad_uploads()))
def test_everything_else_is_refused_and_leaves_no_file(name):
    data, filename, code = bad_uploads()[name]
    with pytest.raises(Invalid) as refused:
        clean_picture(data, filename=filename)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_too_many_bytes_are_refused_unread():
    with pytest.raises(Invalid) as refused:
        clean_picture(b"\0" * (MAX_BYTES + 1))
    assert refused.value.code == "picture_too_large"


def test_names_that_claim_nothing_are_no_contradiction():
    for name in ("", "cake", "cake.v2", "x" * 300, "../../etc/cake.jpeg", "käse\u202e.JPG"):
        assert clean_picture(picture(), filename=name, declared_type="image/jpg").width == 320


def test_damaged_bytes_are_refused_and_never_an_error():
    """Thousands of broken files would be better; these are the cheap, repeatable ones."""
    chance = random.Random(20260601)
    outcomes = {"taken": 0, "refused": 0}
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = bytearray(picture(kind, size=(48, 36)))
        for _ in range(80):
            broken = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            try:
                clean_picture(bytes(broken))
                outcomes["taken"] += 1
            except Invalid:
                outcomes["refused"] += 1
    assert outcomes["taken"] + outcomes["refused"] == 240
    assert outcomes["refused"] > 60


_MEASURE = """
import resource, sys
sys.path.insert(0, {root!r})
from tests.catalog import pictures
from apps.catalog.adapters.pictures import clean_picture
from bakery.kernel.errors import Invalid
clean_picture(pictures.picture())
data = pictures.{make}()
def peak():
    # getrusage counts what the process was before exec as well: its parent, however large.
    try:
        with open("/proc/self/status") as status:
            return int(next(x for x in status if x.startswith("VmHWM")).split()[1]) / 2**10
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / ({unit})
before = peak()
try:
    {call}
    print("taken", peak() - before, len(data))
except Invalid as error:
    print(error.code, peak() - before, len(data))
"""


def _measure(make: str, call: str = "clean_picture(data)") -> tuple[str, float, int]:
    """What a fresh process answers, how much its peak memory grew (MB), and the file's size."""
    unit = "2**20" if sys.platform == "darwin" else "2**10"
    root = Path(__file__).resolve().parents[2]
    code = _MEASURE.format(root=str(root), make=make, call=call, unit=unit)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "bakery.settings.test"},
    )
    answer, grown, size = done.stdout.split()
    return answer, float(grown), int(size)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        ("bomb", "picture_too_large"),
        ("long_gif", "picture_type"),
        ("text_bomb", "not_a_picture"),
    ],
)
def test_a_bomb_is_refused_without_being_unpacked(make, code):
    answer, grown, size = _measure(make)
    assert answer == code
    assert size < 400_000
    assert grown < 50


@pytest.mark.control
def test_control_decoding_the_bomb_takes_the_memory():
    decode = "import io; from PIL import Image; Image.MAX_IMAGE_PIXELS = None; "
    decode += "Image.open(io.BytesIO(data)).convert('RGB')"
    answer, grown, _ = _measure("bomb", decode)
    assert answer == "taken"
    assert grown > 100


def test_the_header_alone_decides_about_pixels(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(Invalid):
        cleaning.clean_picture(uploads.bomb())


# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_picture_is_stored_in_sizes_and_the_product_shows_them(client):
    product = make_product()
    data = picture(size=(800, 600))
    key = services.set_image(product_id=product.pk, data=data, at=AT)
    row = Picture.objects.get()
    assert (row.width, row.height, row.bytes) == (800, 600, len(data))
    assert object_store.read_private(row.original_key, limit=MAX_BYTES) == data
    assert sorted(row.renditions["webp"], key=int) == ["320", "640", "800"]
    product.refresh_from_db()
    assert product.image.name == key == row.renditions["webp"]["800"]
    assert product.image_set == {"width": 800, "height": 600, **row.renditions}
    assert len(files()) == 7  # three sizes in two kinds, and the original
    for kind, sent_as in (("webp", "image/webp"), ("jpeg", "image/jpeg")):
        reply = client.get(f"/media/{row.renditions[kind]['320']}")
        assert (reply.status_code, reply["Content-Type"]) == (200, sent_as)
        assert reply["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in reply["Cache-Control"]
        assert "sandbox" in reply["Content-Security-Policy"]
        reply.close()


@pytest.mark.django_db
def test_the_second_upload_is_shown_and_the_first_is_kept():
    product = make_product()
    first = services.set_image(product_id=product.pk, data=picture(), at=AT)
    second = services.set_image(product_id=product.pk, data=picture("PNG"), at=AT)
    assert first != second
    assert Product.objects.get().image.name == second
    assert [row.position for row in Picture.objects.all()] == [0, 1]


@pytest.mark.django_db
def test_every_picture_taken_in_is_an_event(monkeypatch):
    told = []
    monkeypatch.setattr(outbox, "emit", lambda event, **details: told.append((event, details)))
    row = services.add_picture(product_id=make_product().pk, data=picture(), at=AT)
    assert [(event.picture_id, details["key"]) for event, details in told] == [(str(row.pk),) * 2]


@pytest.mark.django_db
def test_files_stay_when_nobody_knows_whether_the_row_was_committed(monkeypatch):
    """The answer to COMMIT got lost: removing files could leave a row that names nothing."""
    real = taking_in.transaction.atomic

    @contextmanager
    def answer_lost():
        with real():
            yield
        raise OperationalError("server closed the connection unexpectedly")

    product = make_product()
    monkeypatch.setattr(taking_in, "transaction", SimpleNamespace(atomic=answer_lost))
    with pytest.raises(OperationalError):
        services.add_picture(product_id=product.pk, data=picture(), at=AT)
    row = Picture.objects.get()
    assert object_store.read_private(row.original_key, limit=MAX_BYTES) == picture()
    assert len(files()) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("fails", ["pixels", "product", "limit", "row", "storage"])
def test_what_fails_leaves_no_file_and_no_row(fails, monkeypatch):
    product = make_product()
    data, product_id, expected = picture(size=(700, 500)), product.pk, Exception
    if fails == "pixels":
        data, expected = b"no", Invalid
    elif fails == "product":
        product_id, expected = 10**6, NotFound
    elif fails == "limit":
        monkeypatch.setattr(taking_in, "MAX_PICTURES", 0)
        expected = Conflict
    elif fails == "row":
        monkeypatch.setattr(
            taking_in.gallery, "show_first", lambda *_, **__: (_ for _ in ()).throw(KeyError)
        )
        expected = KeyError
    else:
        _break_after(monkeypatch, saves=3)
        expected = Unavailable
    with pytest.raises(expected):
        services.add_picture(product_id=product_id, data=data, at=AT)
    assert files() == []
    assert not Picture.objects.exists()
    assert Product.objects.get().image.name == ""


def _break_after(monkeypatch, *, saves: int) -> None:
    """Let the storage fail after it has taken some files."""
    from django.core.files.storage import FileSystemStorage

    save, done = FileSystemStorage._save, []

    def failing(self, name, content):
        if len(done) == saves:
            raise OSError("disk full")
        done.append(name)
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", failing)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "x.webp", "..", "a" * 32 + ".html", "a" * 32 + ".webp"]
)
def test_no_other_file_can_be_asked_for(client, name):
    assert client.get(f"/media/products/{name}").status_code == 404


@pytest.mark.django_db
def test_an_original_has_no_public_address(client):
    row = services.add_picture(product_id=make_product().pk, data=picture(), at=AT)
    for address in (f"/media/{row.original_key}", f"/media/products/{row.original_key}"):
        assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_pages_offer_every_size_with_its_sides(client):
    product = make_product(kind="cake")
    before = client.get("/shop/").content.decode()
    assert "placeholder-cake" in before
    services.set_image(product_id=product.pk, data=picture(size=(2000, 1000)), at=AT)
    row = Picture.objects.get()
    for page, loading in (("/shop/", 'loading="lazy"'), ("/shop/loaf/", 'fetchpriority="high"')):
        html = client.get(page).content.decode()
        for kind in ("webp", "jpeg"):
            listed = ", ".join(
                f"/media/{row.renditions[kind][str(width)]} {width}w" for width in WIDTHS
            )
            assert f'type="image/{kind}" srcset="{listed}" sizes="' in html
        # browsers that know neither take a JPEG of middling size; the sides keep its place free
        assert f'src="/media/{row.renditions["jpeg"]["640"]}"' in html
        assert 'width="2000" height="1000"' in html
        assert loading in html
