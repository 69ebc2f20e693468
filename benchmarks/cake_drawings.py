"""Cakes drawn on nothing for `cake_scenes`; each takes a pen and the canvas's width and height."""

from collections.abc import Callable

from PIL import ImageDraw

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw
Drawing = Callable[[Pen, int, int], None]

WHITE, CREAM, PINK = (250, 249, 247), (245, 228, 196), (238, 160, 176)
CHOCOLATE, BERRY, LEMON = (92, 54, 36), (190, 30, 60), (247, 214, 92)
MINT, BLUE, GOLD = (168, 216, 190), (80, 120, 180), (214, 160, 84)


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


def tiers(
    body: Colour,
    top: Colour,
    *,
    count: int = 1,
    stand: Colour | None = None,
    berries: Colour | None = None,
) -> Drawing:
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


def candles(pen: Pen, width: int, height: int) -> None:
    tiers(PINK, WHITE)(pen, width, height)
    base, thick = height * 33 // 100, width // 130
    for number in range(6):
        x = width // 2 + (number - 3) * width // 18 + width // 36
        pen.rectangle(
            (x - thick, base - height // 7, x + thick, base),
            fill=(BLUE, LEMON, MINT)[number % 3],
        )
        pen.ellipse(
            (x - thick * 2, base - height // 5, x + thick * 2, base - height // 7),
            fill=(255, 190, 70),
        )


def sheet(body: Colour, top: Colour) -> Drawing:
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
            pen.ellipse((x - 14, back + 40, x + 14, back + 66), fill=BERRY)

    return cake


def cupcake(wrapper: Colour, icing: Colour) -> Drawing:
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
            fill=BERRY,
        )

    return cake


def wedge(pen: Pen, width: int, height: int) -> None:
    left, right, base = width // 4, width * 3 // 4, height * 3 // 4
    tip, back = (left, height // 2), (right, height * 38 // 100)
    near = (right, height * 52 // 100)
    pen.polygon([tip, back, near], fill=WHITE)
    deep = base - height * 52 // 100
    for layer in range(5):
        y0, y1 = deep * layer // 5, deep * (layer + 1) // 5
        colour = CHOCOLATE if layer % 2 == 0 else CREAM
        pen.polygon(
            [
                (tip[0], tip[1] + y0),
                (near[0], near[1] + y0),
                (near[0], near[1] + y1),
                (tip[0], tip[1] + y1),
            ],
            fill=colour,
        )


def loaf(pen: Pen, width: int, height: int) -> None:
    left, right, base = width // 5, width * 4 // 5, height * 3 // 4
    pen.rounded_rectangle(
        (left, height * 42 // 100, right, base), height // 8, fill=_shade(GOLD, 0.82)
    )
    pen.ellipse((left, height * 36 // 100, right, height * 64 // 100), fill=GOLD)
    for number in range(4):
        x = left + (right - left) * (number + 1) // 5
        pen.line((x - 40, height * 54 // 100, x + 40, height * 42 // 100), fill=CREAM, width=14)


def bundt(body: Colour, icing: Colour) -> Drawing:
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


def macarons(pen: Pen, width: int, height: int) -> None:
    for number, colour in enumerate((PINK, MINT, LEMON)):
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
            fill=WHITE,
        )


def heart(pen: Pen, width: int, height: int) -> None:
    middle, half = width // 2, width // 4
    for colour, lift in ((_shade(BERRY, 0.75), 0), (BERRY, height // 14)):
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


def cut_off(pen: Pen, width: int, height: int) -> None:
    """A cake larger than the picture."""
    _cylinder(pen, (width // 3, height // 3, width * 13 // 10, height * 12 // 10), PINK, WHITE)
