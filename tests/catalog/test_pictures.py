"""Uploads become harmless pictures or are refused before they cost anything."""

import io
import zipfile

import pytest
from PIL import Image

from apps.catalog import services
from apps.catalog.adapters.pictures import LONGEST_SIDE, MAX_BYTES, clean_picture
from apps.catalog.models import Product
from bakery.kernel.errors import Invalid, NotFound
from tests.catalog.factories import AT, make_product


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def picture(kind="JPEG", size=(320, 240), mode="RGB", **options) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "orange" if mode != "P" else 1).save(target, kind, **options)
    return target.getvalue()


def test_nothing_but_pixels_survives():
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif[0x0112] = 6  # turned: the camera was held upright
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("evil.html", "<script>SECRET-SCRIPT</script>")
    upload = picture(exif=exif, comment=b"SECRET-COMMENT") + archive.getvalue()
    cleaned = clean_picture(upload)
    assert b"SECRET" not in cleaned
    assert b"PK\x03\x04" not in cleaned
    seen = Image.open(io.BytesIO(cleaned))
    assert (seen.format, seen.size, dict(seen.getexif())) == ("WEBP", (240, 320), {})
    assert "icc_profile" not in seen.info


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("WEBP", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
    ],
)
def test_usual_pictures_are_taken(kind, mode):
    target = io.BytesIO()
    Image.new(mode, (40, 30)).save(target, kind)
    assert Image.open(io.BytesIO(clean_picture(target.getvalue()))).size == (40, 30)


def test_large_photographs_are_shrunk():
    cleaned = Image.open(io.BytesIO(clean_picture(picture(size=(4000, 3000)))))
    assert max(cleaned.size) <= LONGEST_SIDE


def _bomb() -> bytes:
    """A PNG of 12000 x 12000 pixels in a few kilobytes."""
    return picture("PNG", (12000, 12000), "1", optimize=False)


def _animation() -> bytes:
    target = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:])
    return target.getvalue()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_bomb, "picture_too_large"),
        (lambda: b"\0" * (MAX_BYTES + 1), "picture_too_large"),
        (_animation, "picture_animated"),
        (lambda: b"", "not_a_picture"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (lambda: b"<html><script>1</script>", "not_a_picture"),
        (lambda: picture()[:400], "not_a_picture"),
        (lambda: picture("GIF", mode="P"), "not_a_picture"),
        (lambda: picture("BMP"), "not_a_picture"),
    ],
    ids=["bomb", "bytes", "animation", "empty", "svg", "html", "truncated", "gif", "bmp"],
)
def test_everything_else_is_refused(make, code):
    with pytest.raises(Invalid) as refused:
        clean_picture(make())
    assert refused.value.code == code


@pytest.mark.django_db
def test_picture_is_stored_under_a_random_name_and_replaced(client, tmp_path):
    product = make_product()
    first = services.set_image(product_id=product.pk, data=picture(), at=AT)
    second = services.set_image(product_id=product.pk, data=picture("PNG"), at=AT)
    assert first != second
    assert [path.name for path in (tmp_path / "products").iterdir()] == [second.split("/")[1]]
    address = client.get("/api/v1/products/loaf").json()["image"]
    reply = client.get(address)
    assert (reply.status_code, reply["Content-Type"]) == (200, "image/webp")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in reply["Cache-Control"]
    assert "sandbox" in reply["Content-Security-Policy"]
    assert next(iter(reply.streaming_content))[:4] == b"RIFF"
    reply.close()


@pytest.mark.django_db
def test_refused_picture_and_missing_product_leave_no_file(tmp_path):
    product = make_product()
    with pytest.raises(Invalid):
        services.set_image(product_id=product.pk, data=b"no", at=AT)
    with pytest.raises(NotFound):
        services.set_image(product_id=10**6, data=picture(), at=AT)
    assert not list(tmp_path.rglob("*.webp"))
    assert Product.objects.get().image.name == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "x.webp", "..", "a" * 32 + ".html", "a" * 32 + ".webp"]
)
def test_no_other_file_can_be_asked_for(client, name):
    assert client.get(f"/media/products/{name}").status_code == 404
