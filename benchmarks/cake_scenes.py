"""Synthetic photographs of cakes whose true outline is known, for judging background removal.

A scene is painted twice over: the cake on nothing, at twice the size with hard edges, and the
room without it. Scaled down, the cake's coverage of each pixel is the true alpha, its own colours
are the true foreground, and the photograph is the two mixed. Nothing of it is a licence's
business, and every run paints the same pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw
Array = np.ndarray[Any, Any]

_WHITE, _CREAM, _PINK = (250, 249, 247), (245, 228, 196), (238, 160, 176)
_CHOCOLATE, _BERRY, _LEMON = (92, 54, 36), (190, 30, 60), (247, 214, 92)
_MINT, _BLUE, _GOLD = (168, 216, 190), (80, 120, 180), (214, 160, 84)


@dataclass(frozen=True)
class Scene:
    """A photograph with its truth: ``alpha`` 0..1 and the cake's own colours, 0..255."""

    name: str
    photo: Image.Image
    alpha: Array
    foreground: Array


@dataclass(frozen=True)
class _Recipe:
    cake: Callable[[Pen, int, int], None]
    room: Callable[[int, int, np.random.Generator], Array]
    size: tuple[int, int] = (800, 640)
    light: float = 0.15
    noise: float = 3.0
    crumb: float = 6.0
    shadow: float = 0.45


def scene_names() -> list[str]:
    """Return the names of all scenes."""
    return list(_RECIPES)


def paint(name: str, *, scale: float = 1.0, seed: int = 0) -> Scene:
    """Paint a scene; ``scale`` changes its size in pixels, ``seed`` its grain and clutter."""
    recipe = _RECIPES[name]
    width, height = (round(side * scale) for side in recipe.size)
    chance = np.random.default_rng(sum(name.encode()) + seed)
    coverage, colours = _paint_cake(recipe, width, height, chance)
    room = _with_shadow(recipe.room(width, height, chance), coverage, recipe.shadow)
    mixed = colours * coverage[..., None] + room * (1 - coverage[..., None])
    mixed += chance.normal(0, recipe.noise, mixed.shape)
    return Scene(name, Image.fromarray(_bytes(mixed)), coverage, colours)


def mirrored(scene: Scene) -> Scene:
    """Return the scene with left and right exchanged."""
    photo = ImageOps.mirror(scene.photo)
    return Scene(scene.name, photo, scene.alpha[:, ::-1], scene.foreground[:, ::-1])


def _bytes(values: Array) -> Array:
    return np.clip(values, 0, 255).round().astype(np.uint8)


def _paint_cake(
    recipe: _Recipe, width: int, height: int, chance: np.random.Generator
) -> tuple[Array, Array]:
    """Return coverage and colours; the colours go on beyond the edge, unmixed."""
    layer = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
    recipe.cake(ImageDraw.Draw(layer), width * 2, height * 2)
    painted = np.asarray(layer, dtype=np.float32)
    solid = painted[..., 3:] / 255
    small = Image.fromarray(_bytes(solid[..., 0] * 255)).resize(
        (width, height), Image.Resampling.BOX
    )
    coverage = np.asarray(small, dtype=np.float32) / 255
    premultiplied = (painted[..., :3] * solid).reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    colours = premultiplied / np.maximum(coverage, 1e-3)[..., None]
    across = np.linspace(1 + recipe.light, 1 - recipe.light, width, dtype=np.float32)
    crumb = _blurred(chance.normal(0, 1, (height, width)), 2.0) * recipe.crumb
    return coverage, np.clip(colours * across[None, :, None] + crumb[..., None], 0, 255)


def _blurred(values: Array, radius: float) -> Array:
    """Return noise blurred and brought back to a spread of 1."""
    low, high = float(values.min()), float(values.max())
    image = Image.fromarray(_bytes((values - low) / (high - low) * 255))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)
    result: Array = (soft - soft.mean()) / max(float(soft.std()), 1e-6) / 2
    return result


def _with_shadow(room: Array, coverage: Array, depth: float) -> Array:
    """Darken the room beside and below the cake, as a lamp on the left would."""
    height, width = coverage.shape
    mask = Image.fromarray(_bytes(coverage * 255))
    shifted = Image.new("L", mask.size)
    shifted.paste(
        mask.resize((width, max(1, height // 3))), (width // 24, height * 2 // 3 - height // 9)
    )
    soft = np.asarray(shifted.filter(ImageFilter.GaussianBlur(width / 50)), dtype=np.float32) / 255
    return room * (1 - depth * soft[..., None])


# Rooms


def _plain(colour: Colour) -> Callable[[int, int, np.random.Generator], Array]:
    def room(width: int, height: int, _: np.random.Generator) -> Array:
        down = np.linspace(1.04, 0.90, height, dtype=np.float32)[:, None, None]
        return np.asarray(colour, dtype=np.float32) * down * np.ones((height, width, 3), np.float32)

    return room


def _table(wall: Colour, wood: Colour) -> Callable[[int, int, np.random.Generator], Array]:
    def room(width: int, height: int, chance: np.random.Generator) -> Array:
        image = _plain(wall)(width, height, chance)
        edge = height * 7 // 10
        grain = _blurred(chance.normal(0, 1, (height - edge, width)), 1.0)
        grain = np.repeat(grain[:, ::8], 8, axis=1)[:, :width] * 14
        image[edge:] = np.asarray(wood, dtype=np.float32) + grain[..., None]
        return image

    return room


def _marble(width: int, height: int, chance: np.random.Generator) -> Array:
    veins = _blurred(chance.normal(0, 1, (height, width)), width / 60)
    grey = 232 - 46 * np.exp(-((veins / 0.08) ** 2))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def _lights(width: int, height: int, chance: np.random.Generator) -> Array:
    image = Image.new("RGB", (width, height), (40, 30, 34))
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, r = chance.integers(0, width), chance.integers(0, height), chance.integers(10, 45)
        warm = int(chance.integers(90, 220))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(warm, warm * 3 // 4, warm // 2))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(7)), dtype=np.float32)


def _cloth(width: int, height: int, _: np.random.Generator) -> Array:
    step = width // 16
    down, across = np.indices((height, width)) // step
    share = ((down % 2) + (across % 2)) / 2
    ends = np.asarray([(246, 240, 236), (196, 60, 64)], dtype=np.float32)
    return ends[0] * (1 - share[..., None]) + ends[1] * share[..., None]


def _kitchen(width: int, height: int, chance: np.random.Generator) -> Array:
    """Shelves full of things: nothing tells the net which one is meant."""
    image = Image.fromarray(_bytes(_table((200, 206, 204), (150, 110, 76))(width, height, chance)))
    pen = ImageDraw.Draw(image)
    palette = [_BLUE, _MINT, _GOLD, _BERRY, (70, 80, 74), (230, 226, 218), _CHOCOLATE]
    for row in range(3):
        base = height * (row + 1) // 4
        pen.rectangle((0, base, width, base + height // 60), fill=(120, 90, 66))
        x = 0
        while x < width:
            wide, tall = (
                int(chance.integers(width // 30, width // 11)),
                int(chance.integers(height // 14, height // 5)),
            )
            colour = palette[int(chance.integers(len(palette)))]
            pen.rounded_rectangle((x, base - tall, x + wide, base), width // 120, fill=colour)
            x += wide + int(chance.integers(2, width // 30))
    return np.asarray(image, dtype=np.float32)


# Cakes; all take the pen and the canvas's width and height


def _shade(colour: Colour, share: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * share))) for part in colour)
    return red, green, blue


def _cylinder(pen: Pen, box: tuple[int, int, int, int], body: Colour, top: Colour) -> None:
    """A round tier lit from the left, seen slightly from above."""
    left, upper, right, lower = box
    flat, wide = (right - left) // 9, right - left
    for x in range(left, right):
        part = (x - left) / wide
        lit = 1.06 - 0.42 * abs(part - 0.35) ** 1.5
        sag = round(flat * (1 - (2 * part - 1) ** 2) ** 0.5)
        pen.line((x, upper, x, lower + sag), fill=_shade(body, lit))
    pen.ellipse((left, upper - flat, right, upper + flat), fill=top)


def _stand(pen: Pen, width: int, height: int, colour: Colour, half: int) -> None:
    middle, base = width // 2, height * 80 // 100
    foot = [(middle + half // share, base) for share in (-6, 6)]
    foot += [(middle + half // share, base + half // 2) for share in (3, -3)]
    pen.polygon(foot, fill=_shade(colour, 0.8))
    pen.ellipse((middle - half, base - half // 7, middle + half, base + half // 7), fill=colour)


def _tiers(
    body: Colour,
    top: Colour,
    *,
    count: int = 1,
    stand: Colour | None = None,
    berries: Colour | None = None,
) -> Callable[[Pen, int, int], None]:
    def cake(pen: Pen, width: int, height: int) -> None:
        middle, base, half = width // 2, height * 79 // 100, width // 4
        if stand:
            _stand(pen, width, height, stand, half + width // 16)
        tall = height * 46 // 100 // count
        for number in range(count):
            reach = half * (count - number) // count if count > 1 else half
            upper = base - tall
            _cylinder(pen, (middle - reach, upper, middle + reach, base), body, top)
            _drips(pen, (middle - reach, upper, middle + reach), tall, top)
            base = upper
        if berries:
            _berries(pen, middle, base, half // count, berries)

    return cake


def _drips(pen: Pen, edge: tuple[int, int, int], tall: int, colour: Colour) -> None:
    left, upper, right = edge
    step = max(8, (right - left) // 14)
    flat = (right - left) // 9
    for number, x in enumerate(range(left + step // 2, right - step // 3, step)):
        part = (x - left) / (right - left)
        start = upper + round(flat * (1 - (2 * part - 1) ** 2) ** 0.5) - step // 2
        length = tall * (12 + 14 * ((number * 7) % 3)) // 100
        pen.rounded_rectangle(
            (x - step // 3, start, x + step // 3, start + length), step // 3, fill=colour
        )


def _berries(pen: Pen, middle: int, base: int, reach: int, colour: Colour) -> None:
    size = max(6, reach // 6)
    for number in range(7):
        x = middle + (number - 3) * reach // 4
        y = base - (number % 2) * size // 2
        pen.ellipse(
            (x - size, y - 2 * size, x + size, y), fill=_shade(colour, 0.9 + 0.05 * (number % 3))
        )


def _candles(pen: Pen, width: int, height: int) -> None:
    _tiers(_PINK, _WHITE)(pen, width, height)
    base, thick = height * 33 // 100, width // 130
    for number in range(6):
        x = width // 2 + (number - 3) * width // 18 + width // 36
        pen.rectangle(
            (x - thick, base - height // 7, x + thick, base),
            fill=(_BLUE, _LEMON, _MINT)[number % 3],
        )
        pen.ellipse(
            (x - thick * 2, base - height // 5, x + thick * 2, base - height // 7),
            fill=(255, 190, 70),
        )


def _sheet(body: Colour, top: Colour) -> Callable[[Pen, int, int], None]:
    def cake(pen: Pen, width: int, height: int) -> None:
        left, right, base = width // 6, width * 5 // 6, height * 3 // 4
        back, deep = height * 45 // 100, width // 9
        front = base - height // 6
        pen.polygon(
            [(left + deep, back), (right - deep, back), (right, front), (left, front)], fill=top
        )
        pen.rectangle((left, front, right, base), fill=body)
        pen.rectangle((left, front, right, front + height // 40), fill=_shade(top, 0.9))
        for number in range(5):
            x = left + deep + (right - left - 2 * deep) * (number + 1) // 6
            pen.ellipse((x - 14, back + 40, x + 14, back + 66), fill=_BERRY)

    return cake


def _cupcake(wrapper: Colour, icing: Colour) -> Callable[[Pen, int, int], None]:
    def cake(pen: Pen, width: int, height: int) -> None:
        middle, base, half = width // 2, height * 82 // 100, width // 6
        pen.polygon(
            [(middle - half, base - height // 4), (middle + half, base - height // 4),
             (middle + half * 7 // 10, base), (middle - half * 7 // 10, base)], fill=wrapper,
        )  # fmt: skip
        for number in range(-4, 5):
            x = middle + number * half // 5
            pen.line(
                (x, base - height // 4, middle + number * half // 7, base),
                fill=_shade(wrapper, 0.8),
                width=4,
            )
        for ring in range(4):
            reach, y = half * (12 - 3 * ring) // 10, base - height // 4 - ring * height // 14
            pen.ellipse(
                (middle - reach, y - height // 12, middle + reach, y + height // 14),
                fill=_shade(icing, 0.9 + 0.04 * ring),
            )
        pen.ellipse(
            (middle - 26, base - height * 56 // 100, middle + 26, base - height * 50 // 100),
            fill=_BERRY,
        )

    return cake


def _slice(pen: Pen, width: int, height: int) -> None:
    left, right, base = width // 4, width * 3 // 4, height * 3 // 4
    tip, back = (left, height // 2), (right, height * 38 // 100)
    near = (right, height * 52 // 100)
    pen.polygon([tip, back, near], fill=_WHITE)
    deep = base - height * 52 // 100
    for layer in range(5):
        y0, y1 = deep * layer // 5, deep * (layer + 1) // 5
        colour = _CHOCOLATE if layer % 2 == 0 else _CREAM
        pen.polygon(
            [
                (tip[0], tip[1] + y0),
                (near[0], near[1] + y0),
                (near[0], near[1] + y1),
                (tip[0], tip[1] + y1),
            ],
            fill=colour,
        )


def _loaf(pen: Pen, width: int, height: int) -> None:
    left, right, base = width // 5, width * 4 // 5, height * 3 // 4
    pen.rounded_rectangle(
        (left, height * 42 // 100, right, base), height // 8, fill=_shade(_GOLD, 0.82)
    )
    pen.ellipse((left, height * 36 // 100, right, height * 64 // 100), fill=_GOLD)
    for number in range(4):
        x = left + (right - left) * (number + 1) // 5
        pen.line((x - 40, height * 54 // 100, x + 40, height * 42 // 100), fill=_CREAM, width=14)


def _bundt(body: Colour, icing: Colour) -> Callable[[Pen, int, int], None]:
    def cake(pen: Pen, width: int, height: int) -> None:
        middle, centre, half = width // 2, height * 56 // 100, width * 28 // 100
        for number in range(9):
            x = middle + (number - 4) * half // 4
            reach = half // 3
            pen.ellipse(
                (x - reach, centre - half // 2, x + reach, centre + half // 2),
                fill=_shade(body, 1.1 - 0.04 * number),
            )
        pen.ellipse(
            (middle - half, centre - half * 7 // 10, middle + half, centre + half // 10), fill=icing
        )
        pen.ellipse(
            (middle - half // 4, centre - half * 4 // 10, middle + half // 4, centre - half // 5),
            fill=_shade(body, 0.6),
        )

    return cake


def _macarons(pen: Pen, width: int, height: int) -> None:
    for number, colour in enumerate((_PINK, _MINT, _LEMON)):
        base = height * 76 // 100 - number * height // 6
        middle, half = width // 2 + (number % 2) * 14, width // 7
        for lift in (0, height // 14):
            pen.rounded_rectangle(
                (middle - half, base - lift - height // 16, middle + half, base - lift),
                height // 34,
                fill=_shade(colour, 0.95),
            )
        pen.rectangle(
            (middle - half + 10, base - height // 12, middle + half - 10, base - height // 16),
            fill=_WHITE,
        )


def _heart(pen: Pen, width: int, height: int) -> None:
    middle, half = width // 2, width // 4
    for colour, lift in ((_shade(_BERRY, 0.75), 0), (_BERRY, height // 14)):
        top = height * 40 // 100 - lift
        pen.ellipse((middle - half, top - half // 2, middle, top + half // 2), fill=colour)
        pen.ellipse((middle, top - half // 2, middle + half, top + half // 2), fill=colour)
        pen.polygon(
            [
                (middle - half, top + half // 12),
                (middle + half, top + half // 12),
                (middle, top + half * 13 // 10),
            ],
            fill=colour,
        )


def _cut_off(pen: Pen, width: int, height: int) -> None:
    """A cake larger than the picture."""
    _cylinder(pen, (width // 3, height // 3, width * 13 // 10, height * 12 // 10), _PINK, _WHITE)


_RECIPES: dict[str, _Recipe] = {
    "pink cake, blue wall": _Recipe(_tiers(_PINK, _WHITE), _plain((150, 176, 200))),
    "chocolate cake, cream wall": _Recipe(
        _tiers(_CHOCOLATE, _CREAM, berries=_BERRY), _plain(_CREAM)
    ),
    "two tiers on a table": _Recipe(
        _tiers(_MINT, _WHITE, count=2), _table((196, 190, 200), (140, 96, 62))
    ),
    "three tiers on a stand": _Recipe(
        _tiers(_PINK, _CREAM, count=3, stand=(120, 120, 128)), _plain((226, 222, 214)), (640, 800)
    ),
    "lemon cake on marble": _Recipe(_tiers(_LEMON, _WHITE, berries=_BERRY), _marble),
    "chocolate on dark wood": _Recipe(
        _tiers(_CHOCOLATE, _CHOCOLATE), _table((74, 56, 46), (82, 54, 38)), noise=4
    ),
    "white cake, dark wall": _Recipe(_tiers(_WHITE, _WHITE), _plain((60, 66, 76))),
    "white cake, green wall": _Recipe(_tiers(_WHITE, _CREAM, count=2), _plain((116, 150, 120))),
    "white cake, white wall": _Recipe(
        _tiers(_WHITE, _WHITE), _plain((252, 252, 252)), light=0.02, shadow=0.05, crumb=2
    ),
    "white tiers, white wall": _Recipe(
        _tiers(_WHITE, _WHITE, count=3),
        _plain((249, 249, 249)),
        (640, 800),
        light=0.03,
        shadow=0.08,
        crumb=2,
    ),
    "cream cake, cream wall": _Recipe(
        _tiers(_CREAM, _CREAM), _plain((246, 232, 204)), light=0.03, shadow=0.08, crumb=2
    ),
    "candles before lights": _Recipe(_candles, _lights),
    "candles, plain wall": _Recipe(_candles, _plain((110, 130, 140))),
    "sheet cake on a table": _Recipe(_sheet(_PINK, _WHITE), _table((190, 200, 206), (126, 90, 60))),
    "sheet cake on cloth": _Recipe(_sheet(_CHOCOLATE, _CREAM), _cloth),
    "cupcake, mint wall": _Recipe(_cupcake((120, 90, 140), _PINK), _plain(_MINT)),
    "cupcake on marble": _Recipe(_cupcake(_GOLD, _WHITE), _marble),
    "cupcake in a kitchen": _Recipe(_cupcake(_BLUE, _PINK), _kitchen),
    "slice on a table": _Recipe(_slice, _table((214, 206, 196), (92, 66, 48))),
    "loaf on dark wood": _Recipe(_loaf, _table((70, 66, 62), (88, 62, 44))),
    "loaf on cloth": _Recipe(_loaf, _cloth),
    "bundt cake, grey wall": _Recipe(_bundt(_GOLD, _WHITE), _plain((128, 132, 138))),
    "bundt cake before lights": _Recipe(_bundt(_CHOCOLATE, _PINK), _lights),
    "macarons, white wall": _Recipe(_macarons, _plain((244, 244, 242))),
    "heart, pink wall": _Recipe(_heart, _plain((240, 190, 200))),
    "heart on marble": _Recipe(_heart, _marble),
    "cake in a kitchen": _Recipe(_tiers(_MINT, _WHITE, berries=_BERRY), _kitchen),
    "white cake in a kitchen": _Recipe(_tiers(_WHITE, _WHITE, count=2), _kitchen),
    "cake cut off by the frame": _Recipe(_cut_off, _plain((150, 176, 200))),
    "white cupcake, white wall": _Recipe(
        _cupcake(_WHITE, _WHITE), _plain((252, 251, 249)), light=0.02, shadow=0.05, crumb=1.5
    ),
    "white slice, bright wall": _Recipe(
        _slice, _plain((252, 252, 252)), light=0.02, shadow=0.03, crumb=1.5
    ),
    "cream sheet cake, cream cloth": _Recipe(
        _sheet(_CREAM, _CREAM), _plain((242, 226, 196)), light=0.02, shadow=0.06, crumb=2
    ),
    "white bundt, white wall": _Recipe(
        _bundt(_WHITE, _WHITE), _plain((250, 250, 250)), light=0.02, shadow=0.1, crumb=2
    ),
    "white cake, overexposed": _Recipe(
        _tiers((255, 255, 255), (255, 255, 255)),
        _plain((268, 268, 268)),
        light=0.01,
        shadow=0.03,
        crumb=1,
        noise=2,
    ),
    "white cake on marble": _Recipe(_tiers(_WHITE, _WHITE), _marble, light=0.05),
}
