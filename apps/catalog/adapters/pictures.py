"""Pillow: turning an upload of unknown origin into a harmless picture."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from bakery.kernel.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_PIXELS_UNCOMPRESSED = 16_000_000
LONGEST_SIDE = 1600
_FORMATS = ("JPEG", "PNG", "WEBP")


def clean_picture(data: bytes) -> bytes:
    """Return ``data`` as WebP of at most 1600 pixels a side, upright, without metadata.

    Raises `Invalid`: ``picture_too_large`` (over 10 MB, or too many pixels to decode safely; the
    size is read from the header, before anything is decoded), ``picture_animated``,
    ``not_a_picture`` (neither JPEG, PNG nor WebP by its content, or broken).
    """
    if len(data) > MAX_BYTES:
        raise Invalid("picture_too_large", "A picture has at most 10 MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encode(_decode(data))
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid("picture_too_large", "This picture has too many pixels.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Invalid("not_a_picture", "Send a JPEG, PNG or WebP picture.") from error


def _decode(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    # A JPEG is decoded at a fraction of its size; others take their full size in memory first.
    limit = MAX_PIXELS if picture.format == "JPEG" else MAX_PIXELS_UNCOMPRESSED
    if picture.width * picture.height > limit:
        raise Invalid("picture_too_large", "This picture has too many pixels.")
    if getattr(picture, "n_frames", 1) > 1:
        raise Invalid("picture_animated", "An animation is not a product picture.")
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    picture.load()
    return picture


def _encode(picture: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    flat = upright.convert("RGBA" if has_alpha else "RGB")
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    # A new image, so that no profile, EXIF, XMP or comment travels along.
    bare = Image.frombytes(flat.mode, flat.size, flat.tobytes())
    target = io.BytesIO()
    bare.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()
