"""Pictures that belong to no product, made harmless as those of products are."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from apps.catalog.adapters.pictures import MAX_BYTES, decode_picture
from bakery.kernel.errors import Invalid

_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class RewrittenPicture:
    """A picture written anew: ``sha256`` is of ``data``, width and height are in pixels."""

    data: bytes
    width: int
    height: int
    sha256: str
    # The darkest grey in it, 0 black to 255 white: a sheet on which nothing is written has 255.
    darkest: int


def rewrite_picture(*, data: bytes, kind: str, longest: int) -> RewrittenPicture:
    """Return ``data`` as ``kind`` (jpeg or png), upright, in sRGB on white, without metadata.

    The longer side gets at most ``longest`` pixels. Raises `Invalid` with ``picture_too_large``,
    ``picture_animated``, ``picture_type`` or ``not_a_picture``.
    """
    if len(data) > MAX_BYTES:
        raise Invalid("picture_too_large", "A picture has at most 10 MB.")
    flat = _on_white(decode_picture(data))
    flat.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    # A new image, so that no profile, EXIF, XMP or comment travels along.
    clean = Image.frombytes("RGB", flat.size, flat.tobytes())
    written = io.BytesIO()
    if kind == "png":
        clean.save(written, "PNG", optimize=True)
    else:
        clean.save(written, "JPEG", quality=85, optimize=True)
    darkest = clean.convert("L").getextrema()[0]
    return RewrittenPicture(
        data=written.getvalue(),
        width=clean.width,
        height=clean.height,
        sha256=hashlib.sha256(written.getvalue()).hexdigest(),
        darkest=int(darkest),  # type: ignore[arg-type]  # of one band, it is a number
    )


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGB", picture.size, _WHITE)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
