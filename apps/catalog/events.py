"""What the catalog states."""

from dataclasses import dataclass

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PictureStored(Event):
    """A picture of a product was taken in: its original is kept and its renditions are made."""

    kind = "catalog.picture_stored"
    picture_id: str


@dataclass(frozen=True, kw_only=True)
class CakeAdded(Event):
    """A cake came into the range and nothing is said about it yet."""

    kind = "catalog.cake_added"
    product_id: int


@dataclass(frozen=True, kw_only=True)
class CutoutRequested(Event):
    """A picture is to be freed of its background; ``run`` counts how often it was asked for."""

    kind = "catalog.cutout_requested"
    cutout_id: str
    run: int
