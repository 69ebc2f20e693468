"""Cutting a cake out of its picture with rembg; the heavy parts are imported on first use.

Only workers call `cut`. Importing this package costs nothing, so that services may name it in a
web process, which must never load the net, numpy or SciPy.
"""

import io
import time
from dataclasses import dataclass

from PIL import Image

from apps.catalog.adapters.cutting.weights import CannotCut, verified_model
from apps.catalog.adapters.pictures import EncodedFile, decode_picture, encode_sizes
from bakery.kernel.errors import Invalid

__all__ = ["CannotCut", "Cut", "cut", "renditions_of", "verified_model"]
# The longest side of a result, in pixels: more than any screen shows, and what bounds the memory.
LONGEST_SIDE = 1600
PREVIEW_SIDE = 900


@dataclass(frozen=True, slots=True)
class Cut:
    """A picture without its background: ``png`` in full, ``preview`` a WebP for the console.

    ``measures`` is what `rules.cutout_verdict.judge` judges; ``seconds`` is wall time.
    """

    png: bytes
    preview: bytes
    width: int
    height: int
    measures: dict[str, float]
    model: str
    seconds: float


def cut(data: bytes) -> Cut:
    """Return the picture in ``data`` (JPEG, PNG or WebP) without its background.

    Takes about 2 s and 300 MB the first time in a process, which loads the net. Raises
    `CannotCut` with a code of `rules.cutout_verdict.FAILURES`.
    """
    started = time.monotonic()
    model = verified_model()
    # Heavy, and of use in workers alone.
    from apps.catalog.adapters.cutting import matting, net

    picture = _opened(data)
    guess = net.guess_twice(picture, model)
    if matting.is_empty(guess):
        raise CannotCut("nothing_found")
    measures = matting.measure(guess, picture)
    result = matting.cut_out(guess, picture)
    return Cut(
        png=_encoded(result, "PNG", compress_level=6),
        preview=_encoded(_fitted(result), "WEBP", quality=85, method=2),
        width=result.width,
        height=result.height,
        measures=measures,
        model=model.name,
        seconds=round(time.monotonic() - started, 2),
    )


def renditions_of(png: bytes) -> list[EncodedFile]:
    """Return a stored cut in all sizes that the shop shows. Raises `CannotCut`."""
    return list(encode_sizes(_opened(png)))


def _opened(data: bytes) -> Image.Image:
    try:
        picture = decode_picture(data)
    except Invalid as error:
        raise CannotCut("picture_unreadable") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return picture


def _fitted(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return small


def _encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
