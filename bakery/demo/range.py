"""What the demo bakery sells. Servings are those of Wilton's chart for rounds 4 in high."""

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal

CAKE_LEAD_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class DemoVariant:
    """One size; ``stock`` None means made to order. Lengths in inches, minutes for one piece."""

    sku: str
    name: str
    price: Decimal
    stock: int | None = None
    servings: tuple[int, int] | None = None
    lead_time_hours: int = 2
    message_max_length: int = 0
    per_order_limit: int | None = None
    shape: str = ""
    length_in: Decimal | None = None
    width_in: Decimal | None = None
    height_in: Decimal | None = None
    tiers: tuple[tuple[int, int], ...] = ()
    weight_g: int | None = None
    pieces: int = 1
    packaging: str = "loose"
    lead_days: int = 0
    cutoff_at: time | None = None
    oven_minutes: int = 0
    decorator_minutes: int = 0


@dataclass(frozen=True, kw_only=True)
class DemoProduct:
    """One product with its picture's motif and colours (body, top, accent, backdrop)."""

    name: str
    category: str
    kind: str
    tax_class: str
    short: str
    description: str
    motif: str
    colours: tuple[str, str, str, str]
    variants: tuple[DemoVariant, ...]
    diet_tags: tuple[str, ...] = ()
    contains: tuple[str, ...] | None = None
    may_contain: tuple[str, ...] = field(default=())


CATEGORIES = ("Cakes", "Bread", "Pastry", "Cookies and small things", "For the table")


# Inches, price, servings, weight in grams, minutes of oven and of decorating.
_ROUNDS = (
    ("6", (10, 12), 1100, 30, 25),
    ("8", (20, 24), 1950, 38, 35),
    ("10", (28, 38), 3100, 45, 50),
)


def _rounds(prefix: str, *prices: str) -> tuple[DemoVariant, ...]:
    return tuple(
        DemoVariant(
            sku=f"{prefix}-{inches}",
            name=f"{inches} inch",
            price=Decimal(price),
            servings=servings,
            lead_time_hours=CAKE_LEAD_HOURS,
            message_max_length=40,
            per_order_limit=3,
            shape="round",
            length_in=Decimal(inches),
            height_in=Decimal(4),
            weight_g=weight,
            oven_minutes=oven,
            decorator_minutes=decorating,
        )
        for price, (inches, servings, weight, oven, decorating) in zip(prices, _ROUNDS, strict=True)
    )


def _single(
    sku: str, price: str, stock: int, name: str = "Each", *, weight_g: int, pieces: int = 1
) -> DemoVariant:
    packaging = "prepackaged" if pieces > 1 else "loose"
    return DemoVariant(
        sku=sku,
        name=name,
        price=Decimal(price),
        stock=stock,
        weight_g=weight_g,
        pieces=pieces,
        packaging=packaging,
    )


_WHEAT_EGG_MILK = ("wheat", "egg", "milk")

RANGE = (
    DemoProduct(
        name="Chocolate drip cake",
        category="Cakes", kind="cake", tax_class="whole_cake",
        short="Dark sponge, vanilla buttercream, a proper pour of chocolate.",
        description="Three layers of dark cocoa sponge with vanilla buttercream between them, "
        "finished with warm chocolate and cherries. Baked the morning you collect it.",
        motif="cake", colours=("#f3dcc0", "#6b3a22", "#c8323c", "#f2e3d5"),
        variants=_rounds("CHOC", "48.00", "68.00", "92.00"),
        diet_tags=("vegetarian",), contains=(*_WHEAT_EGG_MILK, "soy"), may_contain=("tree_nuts",),
    ),
    DemoProduct(
        name="Lemon and elderflower cake",
        category="Cakes", kind="cake", tax_class="whole_cake",
        short="Bright lemon sponge with an elderflower cream.",
        description="Lemon sponge soaked in elderflower syrup, filled with lemon curd and "
        "finished with a pale cream. Light enough for a second slice.",
        motif="cake", colours=("#fff3c9", "#fffaf0", "#e8b93c", "#e6ecd9"),
        variants=_rounds("LEMN", "46.00", "64.00", "88.00"),
        diet_tags=("vegetarian",), contains=_WHEAT_EGG_MILK,
    ),
    DemoProduct(
        name="Garden party three-tier cake",
        category="Cakes", kind="cake", tax_class="whole_cake",
        short="Three tiers with sugar roses, for the big days.",
        description="Vanilla, raspberry and almond tiers with hand-made sugar roses. "
        "Please give us two days.",
        motif="tiers", colours=("#fbeff0", "#ffffff", "#d98aa0", "#dfe8dc"),
        variants=(
            DemoVariant(
                sku="TIER-6810", name="6 + 8 + 10 inch", price=Decimal("345.00"),
                servings=(60, 74), lead_time_hours=48, message_max_length=60, per_order_limit=1,
                shape="round", length_in=Decimal(10), height_in=Decimal(12),
                tiers=((10, 4), (8, 4), (6, 4)), weight_g=6200, lead_days=2, cutoff_at=time(12),
                oven_minutes=110, decorator_minutes=180,
            ),
        ),
        diet_tags=("vegetarian",), contains=(*_WHEAT_EGG_MILK, "tree_nuts"),
    ),
    DemoProduct(
        name="Vegan carrot cake",
        category="Cakes", kind="cake", tax_class="whole_cake",
        short="Carrot, ginger and orange, without egg or milk.",
        description="A moist carrot sponge with ginger and orange zest under a coconut frosting.",
        motif="cake", colours=("#d9945a", "#fff6ea", "#e07a2f", "#dbe5d8"),
        variants=_rounds("CARR", "48.00", "66.00", "90.00"),
        diet_tags=("vegan", "vegetarian"), contains=("wheat",), may_contain=("tree_nuts", "milk"),
    ),
    DemoProduct(
        name="Country sourdough",
        category="Bread", kind="everyday", tax_class="basic_grocery",
        short="Two days in the making, a crust that sings.",
        description="Wheat and a little rye, our own starter, forty hours of slow fermentation.",
        motif="loaf", colours=("#c98d4b", "#8a5426", "#f0d9b0", "#efe3d3"),
        variants=(_single("SOUR-900", "8.50", 40, "900 g loaf", weight_g=900),),
        diet_tags=("vegan", "vegetarian"), contains=("wheat", "gluten"), may_contain=("sesame",),
    ),
    DemoProduct(
        name="Seeded rye",
        category="Bread", kind="everyday", tax_class="basic_grocery",
        short="Dense, dark, and better on the second day.",
        description="Whole rye with sunflower, pumpkin and flax seeds. Keeps a week.",
        motif="loaf", colours=("#7d5230", "#4f3019", "#c9a877", "#e3ddd0"),
        variants=(_single("RYE-1000", "9.25", 25, "1 kg loaf", weight_g=1000),),
        diet_tags=("vegan", "vegetarian"), contains=("gluten",), may_contain=("wheat", "sesame"),
    ),
    DemoProduct(
        name="Raspberry ring doughnut",
        category="Pastry", kind="everyday", tax_class="sweet_goods",
        short="Yeasted, fried this morning, raspberry glaze.",
        description="A light yeasted ring with a glaze of real raspberries and sugar strands.",
        motif="rings", colours=("#d9a15f", "#d8567a", "#fff3d6", "#f6e4e6"),
        variants=(
            _single("DONUT-1", "3.25", 108, weight_g=75),
            _single("DONUT-6", "17.50", 18, "Box of six", weight_g=450, pieces=6),
        ),
        diet_tags=("vegetarian",), contains=_WHEAT_EGG_MILK, may_contain=("peanut",),
    ),
    DemoProduct(
        name="Cherry lattice pie",
        category="Pastry", kind="everyday", tax_class="whole_cake",
        short="Sour cherries under an all-butter lattice.",
        description="Nine inches across, all-butter crust, Ontario sour cherries. Serves eight.",
        motif="pie", colours=("#d9a866", "#9b1b30", "#e9c48a", "#e9e3d3"),
        variants=(
            DemoVariant(
                sku="PIE-9", name="9 inch", price=Decimal("27.00"), stock=12, servings=(8, 8),
                shape="round", length_in=Decimal(9), height_in=Decimal(2), weight_g=1150,
            ),
        ),
        diet_tags=("vegetarian",), contains=("wheat", "milk"), may_contain=("tree_nuts",),
    ),
    DemoProduct(
        name="Vanilla cupcake",
        category="Cookies and small things", kind="everyday", tax_class="sweet_goods",
        short="Vanilla bean sponge, a swirl of buttercream, one cherry.",
        description="Small, and exactly enough.",
        motif="cups", colours=("#e9cf9f", "#fbf1e0", "#c8323c", "#dfe6ea"),
        variants=(
            _single("CUP-1", "3.75", 60, weight_g=90),
            _single("CUP-12", "42.00", 8, "Box of twelve", weight_g=1080, pieces=12),
        ),
        diet_tags=("vegetarian",), contains=_WHEAT_EGG_MILK,
    ),
    DemoProduct(
        name="Chocolate chunk cookie",
        category="Cookies and small things", kind="everyday", tax_class="sweet_goods",
        short="Crisp edge, soft middle, far too much chocolate.",
        description="Brown butter, two chocolates, a pinch of sea salt.",
        motif="rounds", colours=("#d8a766", "#5b331c", "#3b2012", "#efe1cf"),
        variants=(
            _single("COOK-1", "2.95", 90, weight_g=85),
            _single("COOK-6", "15.95", 15, "Bag of six", weight_g=510, pieces=6),
        ),
        diet_tags=("vegetarian",), contains=(*_WHEAT_EGG_MILK, "soy"), may_contain=("tree_nuts",),
    ),
    DemoProduct(
        name="Oat and cranberry cookie",
        category="Cookies and small things", kind="everyday", tax_class="sweet_goods",
        short="Chewy oats and tart cranberries.",
        description="We are still checking this recipe's suppliers: ask us about allergens.",
        motif="rounds", colours=("#cfa770", "#a3202f", "#8a5a2c", "#e5e4d2"),
        variants=(_single("OAT-1", "2.75", 70, weight_g=80),),
        diet_tags=("vegetarian",),
    ),
    DemoProduct(
        name="Birthday candles",
        category="For the table", kind="addon", tax_class="standard",
        short="Twelve slim beeswax candles.",
        description="Made of beeswax by a neighbour of ours.",
        motif="loaf", colours=("#f2d48b", "#d9a938", "#fff3cf", "#e4e2ea"),
        variants=(_single("CANDLE-12", "6.50", 80, "Pack of twelve", weight_g=120),),
        contains=(),
    ),
)  # fmt: skip
