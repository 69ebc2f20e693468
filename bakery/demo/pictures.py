"""Pictures of the demo range, drawn rather than fetched: one motif a product, flat and warm.

Drawn at twice the size and scaled down, which smooths every edge.
"""

import io
import math
from collections.abc import Callable

from PIL import Image, ImageDraw

Colour = str
_W, _H = 1600, 1200
_GROUND = 930


def draw(motif: str, *, body: Colour, top: Colour, accent: Colour, backdrop: Colour) -> bytes:
    """Return a PNG of 800x600 pixels showing ``motif`` (a key of `MOTIFS`)."""
    image = Image.new("RGB", (_W, _H), backdrop)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, _GROUND, _W, _H), fill=_mix(backdrop, "#8a6a50", 0.25))
    pen.ellipse((340, _GROUND - 30, 1260, _GROUND + 90), fill=_mix(backdrop, "#5a4030", 0.35))
    MOTIFS[motif](pen, body, top, accent)
    data = io.BytesIO()
    image.resize((_W // 2, _H // 2), Image.Resampling.LANCZOS).save(data, "PNG", optimize=True)
    return data.getvalue()


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    pairs = zip(_rgb(first), _rgb(second), strict=True)
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in pairs)


def _tier(
    pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], body: Colour, top: Colour
) -> None:
    left, upper, right, lower = box
    pen.ellipse((left, lower - 45, right, lower + 45), fill=_mix(body, "#3a2418", 0.18))
    pen.rectangle((left, upper, right, lower), fill=body)
    pen.rectangle((right - 90, upper, right, lower), fill=_mix(body, "#3a2418", 0.10))
    pen.ellipse((left, lower - 45, right, lower + 45), fill=_mix(body, "#3a2418", 0.10))
    pen.rectangle((left, upper, right, lower - 5), fill=body)
    for index, x in enumerate(range(left + 35, right - 10, 75)):
        drop = 60 + 45 * ((index * 7) % 3)
        pen.rounded_rectangle((x - 28, upper - 5, x + 28, upper + drop), 28, fill=top)
    pen.ellipse((left, upper - 50, right, upper + 50), fill=top)
    pen.ellipse((left + 40, upper - 34, right - 60, upper + 26), fill=_mix(top, "#ffffff", 0.18))


def _cake(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    pen.ellipse((380, _GROUND - 60, 1220, _GROUND + 60), fill="#fffaf2")
    _tier(pen, (480, 560, 1120, _GROUND - 20), body, top)
    for step in range(7):
        angle = math.pi * (0.05 + step * 0.15)
        x, y = 800 + 255 * math.cos(angle), 548 - 22 * math.sin(angle)
        pen.ellipse((x - 38, y - 70, x + 38, y + 6), fill=accent)
        pen.ellipse((x - 20, y - 58, x - 2, y - 40), fill=_mix(accent, "#ffffff", 0.5))


def _tiers(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    pen.ellipse((340, _GROUND - 60, 1260, _GROUND + 60), fill="#fffaf2")
    _tier(pen, (430, 690, 1170, _GROUND - 20), body, top)
    _tier(pen, (540, 470, 1060, 690), body, top)
    _tier(pen, (650, 270, 950, 470), body, top)
    for x, y in (
        (800, 225),
        (755, 250),
        (845, 250),
        (560, 640),
        (620, 665),
        (1040, 645),
        (470, 880),
    ):
        pen.ellipse((x - 42, y - 42, x + 42, y + 42), fill=accent)
        pen.ellipse((x - 16, y - 16, x + 16, y + 16), fill=_mix(accent, "#ffffff", 0.55))


def _loaf(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((380, 540, 1220, _GROUND + 20), 190, fill=_mix(body, "#3a2418", 0.2))
    pen.rounded_rectangle((380, 510, 1220, _GROUND - 20), 190, fill=body)
    for x in range(520, 1140, 150):
        pen.line((x, 570, x + 90, 740), fill=top, width=46)
        pen.line((x + 8, 576, x + 88, 730), fill=accent, width=16)


def _rounds(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    for x, y, size in ((560, 740, 190), (1040, 740, 190), (800, 800, 210)):
        pen.ellipse(
            (x - size, y - size + 20, x + size, y + size + 20), fill=_mix(body, "#3a2418", 0.25)
        )
        pen.ellipse((x - size, y - size, x + size, y + size), fill=body)
        for step in range(9):
            angle, reach = step * 2.4, size * (0.25 + 0.06 * step)
            cx, cy = x + reach * math.cos(angle), y + reach * math.sin(angle)
            pen.ellipse((cx - 26, cy - 22, cx + 26, cy + 22), fill=top if step % 3 else accent)


def _rings(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    for x, y in ((540, 720), (1060, 720), (800, 790)):
        pen.ellipse((x - 215, y - 190, x + 215, y + 210), fill=body)
        pen.ellipse((x - 195, y - 185, x + 195, y + 165), fill=top)
        pen.ellipse((x - 66, y - 62, x + 66, y + 54), fill=_mix(body, "#3a2418", 0.35))
        for step in range(14):
            angle = step * 0.9
            cx, cy = x + 128 * math.cos(angle), y - 10 + 112 * math.sin(angle)
            pen.line((cx - 15, cy - 9, cx + 15, cy + 9), fill=accent, width=13)


def _cups(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    for x in (500, 800, 1100):
        pen.polygon(
            ((x - 130, 690), (x + 130, 690), (x + 95, _GROUND), (x - 95, _GROUND)), fill=body
        )
        for offset in range(-90, 100, 45):
            pen.line(
                (x + offset, 700, x + offset * 0.72, _GROUND - 6),
                fill=_mix(body, "#3a2418", 0.2),
                width=9,
            )
        for width, y in ((165, 680), (130, 600), (88, 530)):
            pen.ellipse((x - width, y - 75, x + width, y + 55), fill=top)
            pen.arc(
                (x - width, y - 75, x + width, y + 55),
                20,
                160,
                fill=_mix(top, "#3a2418", 0.14),
                width=10,
            )
        pen.ellipse((x - 36, 424, x + 36, 496), fill=accent)


def _pie(pen: ImageDraw.ImageDraw, body: Colour, top: Colour, accent: Colour) -> None:
    pen.polygon(
        ((360, 700), (1240, 700), (1120, _GROUND), (480, _GROUND)), fill=_mix(body, "#3a2418", 0.15)
    )
    pen.ellipse((340, 560, 1260, 840), fill=body)
    pen.ellipse((410, 590, 1190, 800), fill=top)
    for step in range(-3, 4):
        x = 800 + step * 105
        reach = 105 * math.sqrt(max(0.0, 1 - (step * 105 / 390) ** 2))
        pen.line((x - 40, 695 - reach, x + 40, 695 + reach), fill=body, width=30)
        pen.line((x + 40, 695 - reach, x - 40, 695 + reach), fill=accent, width=30)


MOTIFS: dict[str, Callable[[ImageDraw.ImageDraw, Colour, Colour, Colour], None]] = {
    "cake": _cake,
    "tiers": _tiers,
    "loaf": _loaf,
    "rounds": _rounds,
    "rings": _rings,
    "cups": _cups,
    "pie": _pie,
}
