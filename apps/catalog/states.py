"""What kinds of product there are, how each is taxed, and the life of a product."""

from django.db import models

from bakery.kernel.states import StateMachine


class ProductKind(models.TextChoices):
    """How a product is sold."""

    EVERYDAY = "everyday", "Everyday"
    CAKE = "cake", "Cake"
    ADDON = "addon", "Add-on"
    CUSTOM_TEMPLATE = "custom_template", "Custom cake template"


# Sizes agreed with one customer are named like this; nobody types one in.
PRIVATE_SKU = "CUSTOM-"


class ProductStatus(models.TextChoices):
    """Only published products are seen or sold."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    ARCHIVED = "archived", "Archived"


class TaxClass(models.TextChoices):
    """What a product is to the tax office; the rates and their dates are kept with orders.

    Source of the distinctions: Excise Tax Act (Canada), Schedule VI, Part III, paragraph 1(m) and
    CRA GST/HST memorandum 4-3: bread is a basic grocery, a whole cake is not a single serving,
    sweet baked goods depend on how many are bought.
    """

    STANDARD = "standard", "Taxed in full (drinks, candles, cards)"
    BASIC_GROCERY = "basic_grocery", "Basic grocery (bread, rolls)"
    WHOLE_CAKE = "whole_cake", "Whole cake"
    SWEET_GOODS = "sweet_goods", "Sweet baked goods, singles"


class Unit(models.TextChoices):
    """How things are bought and measured; weight, volume and pieces stay apart."""

    GRAM = "g", "g"
    KILOGRAM = "kg", "kg"
    MILLILITRE = "ml", "ml"
    LITRE = "l", "l"
    PIECE = "piece", "piece"


class IngredientKind(models.TextChoices):
    """Whether people eat it."""

    FOOD = "food", "Food"
    OTHER = "other", "Packaging and other"


class CakeShape(models.TextChoices):
    """The shapes that published servings charts know."""

    ROUND = "round", "Round"
    SQUARE = "square", "Square"
    SHEET = "sheet", "Sheet"
    HEART = "heart", "Heart"
    PETAL = "petal", "Petal"
    HEXAGON = "hexagon", "Hexagon"
    OVAL = "oval", "Oval"
    PAISLEY = "paisley", "Paisley"
    DIAMOND = "diamond", "Diamond"
    PILLOW = "pillow", "Pillow"
    CONTOUR = "contour", "Contour"


class Packaging(models.TextChoices):
    """How a piece is handed out; the tax on baked goods depends on it."""

    LOOSE = "loose", "Loose"
    PREPACKAGED = "prepackaged", "Prepackaged for sale"


class PictureSource(models.TextChoices):
    """What the shop shows of a picture."""

    ORIGINAL = "original", "The picture as it was taken"
    CUTOUT = "cutout", "The picture without its background"


PRODUCT_LIFE = StateMachine(
    name="product",
    moves={
        ProductStatus.DRAFT: frozenset({ProductStatus.PUBLISHED, ProductStatus.ARCHIVED}),
        ProductStatus.PUBLISHED: frozenset({ProductStatus.DRAFT, ProductStatus.ARCHIVED}),
        ProductStatus.ARCHIVED: frozenset({ProductStatus.DRAFT}),
    },
)


class CutoutStatus(models.TextChoices):
    """Where the removal of a picture's background stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being cut out"
    DONE = "done", "Ready"
    FLAGGED = "flagged", "Look before using"
    FAILED = "failed", "Failed"


CUTOUT_LIFE = StateMachine(
    name="cut-out",
    moves={
        CutoutStatus.QUEUED: frozenset({CutoutStatus.RUNNING}),
        # Back to the queue: a storage that did not answer, or a worker that died.
        CutoutStatus.RUNNING: frozenset(
            {
                CutoutStatus.DONE,
                CutoutStatus.FLAGGED,
                CutoutStatus.FAILED,
                CutoutStatus.QUEUED,
            }
        ),
        CutoutStatus.DONE: frozenset({CutoutStatus.QUEUED}),
        CutoutStatus.FLAGGED: frozenset({CutoutStatus.QUEUED}),
        CutoutStatus.FAILED: frozenset({CutoutStatus.QUEUED}),
    },
    history="catalog.CutoutTransition",
)
