"""Pictures as pages show them: every size, so that a browser takes the one it needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.templatetags.static import static

from apps.catalog.adapters import object_store
from apps.catalog.selectors import ShelfProduct

# What a drawing that stands in for a picture measures.
_DRAWING = (800, 600)
# Where a browser has a choice only one is needed; old ones take the JPEG.
_FALLBACKS = ("jpeg", "webp", "png")
_MIDDLING = 640


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of file in all its widths, as `srcset` writes it."""

    type: str
    srcset: str


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture in a page: ``src`` for browsers that know nothing better, sides in pixels."""

    src: str
    width: int
    height: int
    sources: tuple[Source, ...] = ()


def picture_of(product: ShelfProduct) -> ShownPicture:
    """Return the product's picture, or a drawing that stands in for it."""
    if not product.image:
        return ShownPicture(static(f"catalog/placeholder-{product.kind}.svg"), *_DRAWING)
    kept = product.image_set
    return ShownPicture(
        src=object_store.address_of(_fallback(product)),
        width=kept.get("width") or _DRAWING[0],
        height=kept.get("height") or _DRAWING[1],
        sources=tuple(_sources(product)),
    )


def _sources(product: ShelfProduct) -> Iterator[Source]:
    for kind in ("webp", "jpeg"):
        if sizes := product.image_set.get(kind):
            widths = sorted(sizes, key=int)
            listed = (f"{object_store.address_of(sizes[width])} {width}w" for width in widths)
            yield Source(f"image/{kind}", ", ".join(listed))


def _fallback(product: ShelfProduct) -> str:
    for kind in _FALLBACKS:
        if sizes := product.image_set.get(kind):
            return str(sizes[min(sizes, key=lambda width: abs(int(width) - _MIDDLING))])
    return product.image
