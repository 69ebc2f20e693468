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

from benchmarks.cake_drawings import (
    BERRY,
    BLUE,
    CHOCOLATE,
    CREAM,
    GOLD,
    LEMON,
    MINT,
    PINK,
    WHITE,
    Colour,
    Drawing,
    bundt,
    candles,
    cupcake,
    cut_off,
    heart,
    loaf,
    macarons,
    sheet,
    tiers,
    wedge,
)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Scene:
    """A photograph with its truth: ``alpha`` 0..1 and the cake's own colours, 0..255."""

    name: str
    photo: Image.Image
    alpha: Array
    foreground: Array


@dataclass(frozen=True)
class _Recipe:
    cake: Drawing
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
    palette = [BLUE, MINT, GOLD, BERRY, (70, 80, 74), (230, 226, 218), CHOCOLATE]
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


_RECIPES: dict[str, _Recipe] = {
    "pink cake, blue wall": _Recipe(tiers(PINK, WHITE), _plain((150, 176, 200))),
    "chocolate cake, cream wall": _Recipe(tiers(CHOCOLATE, CREAM, berries=BERRY), _plain(CREAM)),
    "two tiers on a table": _Recipe(
        tiers(MINT, WHITE, count=2), _table((196, 190, 200), (140, 96, 62))
    ),
    "three tiers on a stand": _Recipe(
        tiers(PINK, CREAM, count=3, stand=(120, 120, 128)), _plain((226, 222, 214)), (640, 800)
    ),
    "lemon cake on marble": _Recipe(tiers(LEMON, WHITE, berries=BERRY), _marble),
    "chocolate on dark wood": _Recipe(
        tiers(CHOCOLATE, CHOCOLATE), _table((74, 56, 46), (82, 54, 38)), noise=4
    ),
    "white cake, dark wall": _Recipe(tiers(WHITE, WHITE), _plain((60, 66, 76))),
    "white cake, green wall": _Recipe(tiers(WHITE, CREAM, count=2), _plain((116, 150, 120))),
    "white cake, white wall": _Recipe(
        tiers(WHITE, WHITE), _plain((252, 252, 252)), light=0.02, shadow=0.05, crumb=2
    ),
    "white tiers, white wall": _Recipe(
        tiers(WHITE, WHITE, count=3),
        _plain((249, 249, 249)),
        (640, 800),
        light=0.03,
        shadow=0.08,
        crumb=2,
    ),
    "cream cake, cream wall": _Recipe(
        tiers(CREAM, CREAM), _plain((246, 232, 204)), light=0.03, shadow=0.08, crumb=2
    ),
    "candles before lights": _Recipe(candles, _lights),
    "candles, plain wall": _Recipe(candles, _plain((110, 130, 140))),
    "sheet cake on a table": _Recipe(sheet(PINK, WHITE), _table((190, 200, 206), (126, 90, 60))),
    "sheet cake on cloth": _Recipe(sheet(CHOCOLATE, CREAM), _cloth),
    "cupcake, mint wall": _Recipe(cupcake((120, 90, 140), PINK), _plain(MINT)),
    "cupcake on marble": _Recipe(cupcake(GOLD, WHITE), _marble),
    "cupcake in a kitchen": _Recipe(cupcake(BLUE, PINK), _kitchen),
    "slice on a table": _Recipe(wedge, _table((214, 206, 196), (92, 66, 48))),
    "loaf on dark wood": _Recipe(loaf, _table((70, 66, 62), (88, 62, 44))),
    "loaf on cloth": _Recipe(loaf, _cloth),
    "bundt cake, grey wall": _Recipe(bundt(GOLD, WHITE), _plain((128, 132, 138))),
    "bundt cake before lights": _Recipe(bundt(CHOCOLATE, PINK), _lights),
    "macarons, white wall": _Recipe(macarons, _plain((244, 244, 242))),
    "heart, pink wall": _Recipe(heart, _plain((240, 190, 200))),
    "heart on marble": _Recipe(heart, _marble),
    "cake in a kitchen": _Recipe(tiers(MINT, WHITE, berries=BERRY), _kitchen),
    "white cake in a kitchen": _Recipe(tiers(WHITE, WHITE, count=2), _kitchen),
    "cake cut off by the frame": _Recipe(cut_off, _plain((150, 176, 200))),
    "white cupcake, white wall": _Recipe(
        cupcake(WHITE, WHITE), _plain((252, 251, 249)), light=0.02, shadow=0.05, crumb=1.5
    ),
    "white slice, bright wall": _Recipe(
        wedge, _plain((252, 252, 252)), light=0.02, shadow=0.03, crumb=1.5
    ),
    "cream sheet cake, cream cloth": _Recipe(
        sheet(CREAM, CREAM), _plain((242, 226, 196)), light=0.02, shadow=0.06, crumb=2
    ),
    "white bundt, white wall": _Recipe(
        bundt(WHITE, WHITE), _plain((250, 250, 250)), light=0.02, shadow=0.1, crumb=2
    ),
    "white cake, overexposed": _Recipe(
        tiers((255, 255, 255), (255, 255, 255)),
        _plain((268, 268, 268)),
        light=0.01,
        shadow=0.03,
        crumb=1,
        noise=2,
    ),
    "white cake on marble": _Recipe(tiers(WHITE, WHITE), _marble, light=0.05),
}
