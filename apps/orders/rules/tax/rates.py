"""Which levies hold where, at which rate, since when. Rows with sources; get an accountant's word.

A place that is not listed has no answer, and `levies_at` says so instead of guessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from bakery.kernel.errors import Unavailable

# How an authority treats baked goods; `treatments` has the rules.
GROCERY_RULE = "six_single_servings"
QUEBEC_RULE = "quebec"
FOOD_EXEMPT = "food_exempt"
Rates = tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Levy:
    """One authority's tax: ``rates`` by their first day, as fractions, oldest first."""

    name: str
    rates: Rates
    treatment: str

    def rate_on(self, day: date) -> Decimal | None:
        """Return the rate of ``day``; None before the first."""
        return next((rate for since, rate in reversed(self.rates) if since <= day), None)


def _levy(name: str, treatment: str, *rates: tuple[str, str]) -> Levy:
    return Levy(
        name, tuple((date.fromisoformat(day), Decimal(rate)) for day, rate in rates), treatment
    )


# CRA, GST/HST rates by province: canada.ca, "Charge and collect the tax: Which rate to charge".
_GST = _levy("GST", GROCERY_RULE, ("2008-01-01", "0.05"))
_PLACES: Mapping[tuple[str, str], tuple[Levy, ...]] = MappingProxyType(
    {
        ("CA", "AB"): (_GST,),
        ("CA", "NT"): (_GST,),
        ("CA", "NU"): (_GST,),
        ("CA", "YT"): (_GST,),
        # Bulletin PST 206: food for people is exempt, baked goods named among it.
        ("CA", "BC"): (_GST, _levy("PST", FOOD_EXEMPT, ("2013-04-01", "0.07"))),
        # Information notice IN 2017-03: on food as the GST is, from 1 April 2017.
        ("CA", "SK"): (_GST, _levy("PST", GROCERY_RULE, ("2017-04-01", "0.06"))),
        # Bulletin 029 (July 2019): the guidelines of the GST decide.
        ("CA", "MB"): (
            _GST,
            _levy("RST", GROCERY_RULE, ("2013-07-01", "0.08"), ("2019-07-01", "0.07")),
        ),
        ("CA", "QC"): (_GST, _levy("QST", QUEBEC_RULE, ("2013-01-01", "0.09975"))),
        ("CA", "ON"): (_levy("HST", GROCERY_RULE, ("2010-07-01", "0.13")),),
        ("CA", "NB"): (_levy("HST", GROCERY_RULE, ("2010-07-01", "0.13"), ("2016-07-01", "0.15")),),
        ("CA", "NL"): (_levy("HST", GROCERY_RULE, ("2010-07-01", "0.13"), ("2016-07-01", "0.15")),),
        ("CA", "NS"): (_levy("HST", GROCERY_RULE, ("2010-07-01", "0.15"), ("2025-04-01", "0.14")),),
        ("CA", "PE"): (_levy("HST", GROCERY_RULE, ("2013-04-01", "0.14"), ("2016-10-01", "0.15")),),
        # Bakery goods to go, cold and without plates, are exempt in these three: Texas Comptroller
        # (34 TAC 3.293), California (CDTFA publication 22), New York (TB-ST-283). The states' own
        # rates; what counties and cities add is named in SHOP_TAX_LOCAL.
        ("US", "TX"): (_levy("Sales tax", FOOD_EXEMPT, ("1990-07-01", "0.0625")),),
        ("US", "CA"): (_levy("Sales tax", FOOD_EXEMPT, ("2017-01-01", "0.0725")),),
        ("US", "NY"): (_levy("Sales tax", FOOD_EXEMPT, ("2005-06-01", "0.04")),),
        # VAT Notice 701/14: bread and cakes, celebration cakes too, are zero-rated to take away.
        ("GB", ""): (_levy("VAT", FOOD_EXEMPT, ("2011-01-04", "0.20")),),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rebate:
    """A part of a levy that is not charged on small sales of ready food.

    Ontario's point-of-sale rebate (GI-064): when all qualifying food of a sale costs
    ``up_to`` or less without tax, only ``charged`` is taken on it.
    """

    since: date
    up_to: Decimal
    charged: Decimal
    note: str


REBATES: Mapping[tuple[str, str], Rebate] = MappingProxyType(
    {
        ("CA", "ON"): Rebate(
            date(2010, 7, 1),
            Decimal("4.00"),
            Decimal("0.05"),
            "Ontario's rebate: ready food of 4.00 or less together",
        )
    }
)
# Revenu Québec: no QST on sweetened baked goods, singles and small packs too, from that day on.
QUEBEC_FREE_FROM = date(2026, 7, 15)


def levies_at(
    country: str, region: str, on: date, *, local: tuple[tuple[str, Decimal], ...] = ()
) -> list[tuple[Levy, Decimal]]:
    """Return the levies of a place on a day, each with its rate.

    ``local`` adds levies that the shop names, with their rates; they treat food as the first
    levy of the place does. Raises `Unavailable` ``tax_unknown`` for a place or a day without one.
    """
    key = (country.upper(), region.upper())
    levies = _PLACES.get(key) or _PLACES.get((key[0], ""), ())
    rated = [(levy, rate) for levy in levies if (rate := levy.rate_on(on)) is not None]
    if not rated or len(rated) != len(levies):
        raise Unavailable("tax_unknown", f"There is no tax rate for {country}-{region} on {on}.")
    first = rated[0][0]
    return rated + [(Levy(name, (), first.treatment), rate) for name, rate in local]


def rebate_at(country: str, region: str, on: date) -> Rebate | None:
    """Return the rebate that holds at a place on a day."""
    rebate = REBATES.get((country.upper(), region.upper()))
    return rebate if rebate and rebate.since <= on else None
