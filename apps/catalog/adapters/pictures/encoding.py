"""Writing pictures anew, in several sizes: only pixels travel."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

# The widths that pages ask for, in pixels; a smaller picture is never blown up.
WIDTHS = (320, 640, 1280)
LONGEST_SIDE = 1600
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """One rendition: ``kind`` is webp or jpeg, ``width`` is in pixels."""

    kind: str
    width: int
    data: bytes


def encode_sizes(picture: Image.Image) -> Iterator[EncodedFile]:
    """Yield ``picture`` (upright, sRGB, RGB or RGBA) in all sizes, as WebP and as JPEG.

    Transparency is kept in WebP; in JPEG, which has none, the background is white. No metadata
    of ``picture`` is written.
    """
    fitted = picture.copy()
    fitted.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    for width in sorted({min(width, fitted.width) for width in WIDTHS}):
        yield from _encode(_scaled(fitted, width))


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    height = max(1, round(picture.height * width / picture.width))
    sized = picture.resize((width, height), Image.Resampling.LANCZOS)
    # A new image, so that no profile, EXIF, XMP or comment travels along.
    return Image.frombytes(sized.mode, sized.size, sized.tobytes())


def _encode(picture: Image.Image) -> Iterator[EncodedFile]:
    webp = io.BytesIO()
    picture.save(webp, "WEBP", quality=82, method=4)
    yield EncodedFile("webp", picture.width, webp.getvalue())
    jpeg = io.BytesIO()
    _opaque(picture).save(jpeg, "JPEG", quality=82, optimize=True, progressive=True)
    yield EncodedFile("jpeg", picture.width, jpeg.getvalue())


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGB", picture.size, _WHITE)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
