"""Cakes with recipes, and drafts about them."""

from decimal import Decimal

from apps.catalog import services as catalog
from apps.catalog.models import Product
from apps.catalog.states import ProductKind
from apps.descriptions import services
from apps.descriptions.models import Draft
from apps.descriptions.states import Subject, Tone
from bakery.kernel import outbox
from tests.catalog.factories import AT, make_product

ACTOR = "user:1"
NAME = "Chocolate raspberry cake"
STATED = {"contains": ["wheat", "egg", "milk"], "may_contain": []}


def make_ingredient(name: str, contains: tuple[str, ...] = ()) -> int:
    row = catalog.create_ingredient(
        name=name, unit="g", contains=list(contains), facts_complete=True, at=AT
    )
    return row.pk


def make_cake(name: str = NAME, **fields) -> Product:
    """A cake whose size is made of four ingredients; "Hazelnuts" goes into another."""
    fields = {"kind": ProductKind.CAKE, "category": "Cakes", "allergens": STATED, **fields}
    product = make_product(name, prices=("48.00",), size={"servings_min": 12}, **fields)
    names = {"Butter": ("milk",), "Eggs": ("egg",), "Dark chocolate 70%": (), "Raspberry purée": ()}
    lines = [
        catalog.LineFields(
            ingredient_id=make_ingredient(title, codes),
            recipe_id=None,
            quantity=Decimal(100),
            unit="g",
        )
        for title, codes in names.items()
    ]
    make_ingredient("Hazelnuts", ("hazelnut",))
    catalog.set_parts(variant_id=product.variants.get().pk, parts=lines, at=AT)
    product.refresh_from_db()
    return product


def ask(product: Product, **fields) -> int:
    asked = {"tone": Tone.PLAIN, "event_type": "", "asked_by": ACTOR, "at": AT, **fields}
    return services.ask_draft(subject=Subject.PRODUCT, reference=str(product.pk), **asked)


def make_draft(product: Product | None = None, **fields) -> Draft:
    """A draft that was written."""
    key = ask(product or make_cake(), **fields)
    outbox.drain_all()
    return Draft.objects.get(pk=key)


def texts_of(product: Product) -> tuple[str, str, str]:
    product.refresh_from_db()
    return product.short_description, product.description, product.seo_description
