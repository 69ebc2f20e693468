"""Judging an upload before it is decoded, and decoding it within bounds."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from apps.catalog.adapters.pictures import sniffing
from apps.catalog.adapters.pictures.encoding import (
    LONGEST_SIDE,
    WIDTHS,
    EncodedFile,
    encode_sizes,
)
from bakery.kernel.errors import Invalid

__all__ = [
    "LONGEST_SIDE",
    "MAX_BYTES",
    "TYPES",
    "WIDTHS",
    "CleanPicture",
    "clean_picture",
    "decode_picture",
]
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_PIXELS_UNCOMPRESSED = 16_000_000
LONGEST_SIDE_IN = 20_000
MAX_SCANS = 100
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# A JPEG with further pictures behind the first (depth, brightness), as phones write them.
_AS = {"MPO": "JPEG"}
_SRGB = ImageCms.createProfile("sRGB")
# Compressed text in a PNG is unpacked while its header is read.
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """What is kept of an upload. ``width`` and ``height`` are the upload's, upright."""

    content_type: str
    width: int
    height: int
    bytes: int
    sha256: str
    files: tuple[EncodedFile, ...]


def clean_picture(data: bytes, *, filename: str = "", declared_type: str = "") -> CleanPicture:
    """Return ``data`` encoded anew in all sizes: upright, in sRGB, without metadata.

    Raises `Invalid`: ``picture_too_large`` (over 10 MB, or too many pixels to decode safely; the
    size is read from the header, before anything is decoded), ``picture_animated``,
    ``picture_type`` (a known format that is not taken), ``type_mismatch`` (``filename`` or
    ``declared_type`` says another type than the content), ``not_a_picture`` (anything else, or
    broken).
    """
    if len(data) > MAX_BYTES:
        raise Invalid("picture_too_large", "A picture has at most 10 MB.")
    with _refusing(data):
        return _clean(data, filename=filename, declared_type=declared_type)


def decode_picture(data: bytes) -> Image.Image:
    """Return a picture that is kept, upright, in sRGB, RGB or RGBA, as `clean_picture` sees it.

    The longer side has at most `LONGEST_SIDE` pixels. Raises `Invalid` as `clean_picture` does,
    but for the size of the file, which is the shop's own by now.
    """
    with _refusing(data):
        opened = Image.open(io.BytesIO(data), formats=tuple(TYPES))
        _refuse_costly(opened, data)
        return _loaded(opened)


@contextmanager
def _refusing(data: bytes) -> Iterator[None]:
    """Turn whatever a decoder says about ``data`` into `Invalid`."""
    try:
        yield
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid("picture_too_large", "This picture has too many pixels.") from error
    except UnidentifiedImageError as error:
        raise _unidentified(data) from error
    except Exception as error:
        # Whatever a decoder stumbles over in a stranger's bytes is the bytes' fault.
        raise Invalid("not_a_picture", "This picture is damaged or incomplete.") from error


def _unidentified(data: bytes) -> Invalid:
    if not data:
        return Invalid("not_a_picture", "The file is empty.")
    if name := sniffing.name_of_other_format(data):
        return Invalid("picture_type", f"{name} is not taken. Send a JPEG, PNG or WebP picture.")
    return Invalid("not_a_picture", "Send a JPEG, PNG or WebP picture.")


def _clean(data: bytes, *, filename: str, declared_type: str) -> CleanPicture:
    opened = Image.open(io.BytesIO(data), formats=tuple(TYPES))
    content_type = TYPES[_format(opened)]
    if sniffing.claims_another_type(content_type, filename=filename, declared=declared_type):
        raise Invalid(
            "type_mismatch", f"This is {content_type} by its content, and its name says otherwise."
        )
    _refuse_costly(opened, data)
    width, height = _upright_size(opened)
    return CleanPicture(
        content_type=content_type,
        width=width,
        height=height,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        files=tuple(encode_sizes(_loaded(opened))),
    )


def _loaded(opened: Image.Image) -> Image.Image:
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    opened.load()
    return _normal(opened)


def _format(picture: Image.Image) -> str:
    return _AS.get(str(picture.format), str(picture.format))


def _refuse_costly(picture: Image.Image, data: bytes) -> None:
    """Refuse, by the header alone, what would take too much memory or time to decode."""
    # A JPEG is decoded at a fraction of its size; others take their full size in memory first.
    is_jpeg = _format(picture) == "JPEG"
    limit = MAX_PIXELS if is_jpeg else MAX_PIXELS_UNCOMPRESSED
    if picture.width * picture.height > limit or max(picture.size) > LONGEST_SIDE_IN:
        raise Invalid("picture_too_large", "This picture has too many pixels.")
    if not is_jpeg and getattr(picture, "n_frames", 1) > 1:
        raise Invalid("picture_animated", "An animation is not a product picture.")
    if is_jpeg and sniffing.count_scans(data, enough=MAX_SCANS + 1) > MAX_SCANS:
        raise Invalid("picture_too_large", "This picture has too many scans.")


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    orientation = picture.getexif().get(0x0112, 1)
    width, height = picture.size
    return (height, width) if orientation in {5, 6, 7, 8} else (width, height)


def _normal(picture: Image.Image) -> Image.Image:
    """Return an upright copy in sRGB, RGB or RGBA, of at most `LONGEST_SIDE` a side."""
    upright = ImageOps.exif_transpose(picture)
    profile = upright.info.get("icc_profile")
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    if upright.mode.startswith("I"):  # 16 bits of grey: the upper eight are what a screen shows
        upright = upright.point(lambda value: value / 256).convert("L")
    if has_alpha:
        whole = upright.convert("RGBA")
        flat = _in_srgb(whole.convert("RGB"), profile)
        flat.putalpha(whole.getchannel("A"))
    else:
        flat = _in_srgb(upright, profile)
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return flat


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert colours by the picture's own profile; one that does not fit is ignored."""
    if picture.mode not in {"RGB", "CMYK", "L"}:
        picture = picture.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
