"""Pictures to cut out, and cutters that stand in for the net where the net is not the subject."""

import io
from dataclasses import replace

from PIL import Image

from apps.catalog import services
from apps.catalog.adapters import cutting
from apps.catalog.models import Picture
from apps.catalog.rules.cutout_verdict import LIMITS
from benchmarks.cake_scenes import paint
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import picture as upload

CLEAN = dict.fromkeys(LIMITS, 0.0)
DOUBTFUL = {**CLEAN, "faint_edge": 0.5}


def photo_of(scene: str, *, scale: float = 0.6) -> bytes:
    target = io.BytesIO()
    paint(scene, scale=scale).photo.save(target, "PNG")
    return target.getvalue()


def make_picture(data: bytes | None = None, name: str = "Layer cake") -> Picture:
    product = make_product(name)
    return services.add_picture(
        product_id=product.pk, data=data or upload(), is_main=True, at=AT, actor="user:1"
    )


def result(measures: dict[str, float] | None = None, colour: str = "purple") -> cutting.Cut:
    """A cut-out, half of it transparent."""
    image = Image.new("RGBA", (320, 240), (0, 0, 0, 0))
    image.paste(colour, (0, 0, 160, 240))
    png, webp = io.BytesIO(), io.BytesIO()
    image.save(png, "PNG")
    image.save(webp, "WEBP")
    return cutting.Cut(
        png=png.getvalue(),
        preview=webp.getvalue(),
        width=320,
        height=240,
        measures=measures or CLEAN,
        model="fake",
        seconds=0.1,
    )


class FakeCutter:
    """Counts what it is asked to cut; what it answers is ``answers`` in turn, the last for good."""

    def __init__(self, *answers: cutting.Cut | Exception) -> None:
        self.answers = list(answers) or [result()]
        self.calls: list[bytes] = []

    def __call__(self, data: bytes) -> cutting.Cut:
        self.calls.append(data)
        answer = self.answers[min(len(self.calls), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return replace(answer)
