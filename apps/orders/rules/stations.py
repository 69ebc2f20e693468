"""Which station of the kitchen makes a line of an order."""

from collections.abc import Iterable
from dataclasses import dataclass

# The number of the place, which is none, of lines that no station makes: they are shown too.
OTHER = 0
MAX_STATIONS = 30


@dataclass(frozen=True, slots=True)
class StationWork:
    """A station and what it makes; one that sees ``everything`` makes nothing by that."""

    id: int
    name: str
    everything: bool
    categories: frozenset[int]
    products: frozenset[int]


@dataclass(frozen=True, slots=True)
class StationPlan:
    """The stations at work, in their order; ``version`` changes whenever anything of it does."""

    stations: tuple[StationWork, ...]
    version: str

    def stations_of(self, *, product_id: int, category_id: int | None) -> list[int]:
        """Return the numbers of the stations that have to do with a product's line.

        Stations that name the product make it; if there are none, those that name its category;
        if there are none either, `OTHER` stands for them, so that no line is on no board. Stations
        that see everything are added. Without stations: [].
        """
        if not self.stations:
            return []
        makers = [one.id for one in self.stations if product_id in one.products] or [
            one.id for one in self.stations if category_id in one.categories
        ]
        seeing = [one.id for one in self.stations if one.everything and one.id not in makers]
        return [*(makers or [OTHER]), *seeing]

    def name_of(self, station_id: int) -> str:
        """Return how people call a station; empty for one that is not at work."""
        if station_id == OTHER:
            return "Other"
        return next((one.name for one in self.stations if one.id == station_id), "")

    def makers(self) -> Iterable[StationWork]:
        """Return the stations that make something."""
        return (one for one in self.stations if one.categories or one.products)
