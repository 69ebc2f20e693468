"""Uploads that tests send, good and bad, and a look at what is stored."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageCms


def picture(kind="JPEG", size=(320, 240), mode="RGB", **options) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "orange" if mode != "P" else 1).save(target, kind, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def files() -> list[str]:
    """Every file of both storages, relative to its folder."""
    roots = [Path(settings.MEDIA_ROOT), Path(settings.STORAGES["private"]["OPTIONS"]["location"])]
    return sorted(
        str(path.relative_to(root)) for root in roots for path in root.rglob("*") if path.is_file()
    )


def photograph() -> bytes:
    """A JPEG as a phone writes it: turned, with a place, a description and a comment in it."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif[0x0112] = 6  # turned: the camera was held upright
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = "SECRET-GPS"
    return picture(
        exif=exif,
        comment=b"SECRET-COMMENT",
        xmp=b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )


def archive() -> bytes:
    """A ZIP, to put behind a picture."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as pack:
        pack.writestr("evil.html", "<script>SECRET-SCRIPT</script>")
    return target.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(side: int = 12_000) -> bytes:
    """A PNG of ``side`` x ``side`` pixels in some kilobytes."""
    row = b"\0" + b"\0" * ((side + 7) // 8)
    pack = zlib.compressobj(9)
    pixels = b"".join(pack.compress(row) for _ in range(side)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", pixels)
        + _chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """A PNG whose compressed comments unpack to 50 MB."""
    plain = picture("PNG")
    note = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 1_000_000, 9))
    at = plain.index(b"IDAT") - 4
    return plain[:at] + note * 50 + plain[at:]


def long_gif(frames: int = 10_000) -> bytes:
    """An animation of ``frames`` frames in some 200 kilobytes."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 10, 10, 0) + b"\x02\x02\x4c\x01\x00"
    return screen + frame * frames + b"\x3b"


def animation(kind: str) -> bytes:
    target = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    frames[0].save(target, kind, save_all=True, append_images=frames[1:])
    return target.getvalue()


def many_scans(scans: int = 2000) -> bytes:
    """A progressive JPEG with empty scans put in: some bytes each, a full pass each."""
    plain = picture(size=(64, 64), progressive=True)
    first = plain.index(b"\xff\xda")
    length = int.from_bytes(plain[first + 2 : first + 4])
    scan = plain[first : first + 2 + length]
    return plain[:first] + scan * scans + plain[first:]


def phone_pair() -> bytes:
    """A JPEG with a second picture behind the first, as phones write it (MPO)."""
    target = io.BytesIO()
    first, second = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (64, 48), "blue")
    first.save(target, "MPO", save_all=True, append_images=[second])
    return target.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
AVIF = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0" * 64
# what is sent, under which name, and the code of the refusal
BAD: dict[str, tuple[bytes, str, str]] = {}


def bad_uploads() -> dict[str, tuple[bytes, str, str]]:
    """Return everything that must be refused: name -> (bytes, file name, code)."""
    if not BAD:
        BAD.update(
            {
                "empty": (b"", "cake.jpg", "not_a_picture"),
                "svg": (SVG, "cake.svg", "picture_type"),
                "svg as png": (SVG, "cake.png", "picture_type"),
                "html as png": (HTML, "cake.png", "not_a_picture"),
                "html behind a jpeg's first bytes": (
                    b"\xff\xd8\xff\xe0" + HTML,
                    "cake.jpg",
                    "not_a_picture",
                ),
                "png called jpg": (picture("PNG"), "cake.jpg", "type_mismatch"),
                "jpeg called html": (picture(), "cake.html", "type_mismatch"),
                "jpeg called php behind a turn": (picture(), "cake\u202egpj.svg", "type_mismatch"),
                "bomb": (bomb(), "cake.png", "picture_too_large"),
                "text bomb": (text_bomb(), "cake.png", "not_a_picture"),
                "scans": (many_scans(), "cake.jpg", "picture_too_large"),
                "long gif": (long_gif(), "cake.gif", "picture_type"),
                "animated webp": (animation("WEBP"), "cake.webp", "picture_animated"),
                "animated png": (animation("PNG"), "cake.png", "picture_animated"),
                "truncated jpeg": (picture()[:400], "cake.jpg", "not_a_picture"),
                "truncated png": (picture("PNG")[:100], "cake.png", "not_a_picture"),
                "truncated webp": (picture("WEBP")[:60], "cake.webp", "not_a_picture"),
                "bmp": (picture("BMP"), "cake.bmp", "picture_type"),
                "heic": (HEIC, "IMG_1.HEIC", "picture_type"),
                "avif": (AVIF, "cake.avif", "picture_type"),
                "zip": (archive(), "cake.jpg", "not_a_picture"),
            }
        )
    return BAD
