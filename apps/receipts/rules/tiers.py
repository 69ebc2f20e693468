"""What the law wants a receipt to show, by place, day and total. Rows with sources.

Only what is asked beyond the sale itself is named: prices, taxes and dates are on every receipt
of ours. A place that is not listed asks for nothing that we know of.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

SELLER, BUYER, NUMBERS = "seller", "buyer", "registration"


@dataclass(frozen=True)
class Tier:
    """From a total on, tax included, a receipt shows ``fields``."""

    over: Decimal
    fields: frozenset[str]


Tiers = tuple[tuple[date, tuple[Tier, ...]], ...]


def _tiers(since: str, second: str, third: str) -> tuple[date, tuple[Tier, ...]]:
    first = frozenset({SELLER})
    return (
        date.fromisoformat(since),
        (
            Tier(Decimal(0), first),
            Tier(Decimal(second), first | {NUMBERS}),
            Tier(Decimal(third), first | {NUMBERS, BUYER}),
        ),
    )


# Input Tax Credit Information (GST/HST) Regulations, SOR/91-45, section 3; CRA, RC4022 "General
# information for GST/HST registrants", "Invoice requirements". Under the first sum: the supplier's
# name, the date, the total. From it: the tax or its rate, the status of each item, the
# registration number. From the second: the buyer's name, terms of payment, a description too.
# The sums were 30 and 150 dollars until Budget 2021 raised them from 20 April 2021.
_CANADA: Tiers = (_tiers("1991-01-01", "30", "150"), _tiers("2021-04-20", "100", "500"))
_TIERS: Mapping[str, Tiers] = MappingProxyType({"CA": _CANADA})
# Revenu Québec, IN-203 "General information concerning the QST and the GST/HST", "Information
# required on invoices": the amount of the QST is stated below the first sum too, and whoever
# states it gives the number it is collected under.
_ALWAYS_NUMBERED: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {("CA", "QC"): frozenset({"QST"})}
)
# GST and HST are one registration: ETA, section 240.
_SAME_NUMBER: Mapping[str, str] = MappingProxyType({"GST": "HST", "HST": "GST"})


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a receipt is about to show, as far as the law asks for it.

    ``levies`` are those charged; ``numbers`` are the shop's registrations by levy.
    """

    country: str
    region: str
    on: date
    total: Decimal
    levies: Collection[str]
    has_seller: bool
    has_buyer: bool
    numbers: Mapping[str, str]


def tier_at(country: str, on: date, total: Decimal) -> Tier | None:
    """Return the tier of a receipt of ``total``; None where we know of no rule."""
    dated = _TIERS.get(country.upper(), ())
    tiers = next((tiers for since, tiers in reversed(dated) if since <= on), ())
    return next((tier for tier in reversed(tiers) if total >= tier.over), None)


def number_of(levy: str, numbers: Mapping[str, str]) -> str:
    """Return the shop's registration number for a levy, or nothing."""
    return numbers.get(levy) or numbers.get(_SAME_NUMBER.get(levy, ""), "")


def missing_fields(shown: Shown) -> list[str]:
    """Return what the law asks of this receipt and it cannot show, such as "registration:HST"."""
    tier = tier_at(shown.country, shown.on, shown.total)
    fields = tier.fields if tier else frozenset()
    always = _ALWAYS_NUMBERED.get((shown.country.upper(), shown.region.upper()), frozenset())
    missing = [SELLER] if SELLER in fields and not shown.has_seller else []
    if BUYER in fields and not shown.has_buyer:
        missing.append(BUYER)
    for levy in shown.levies:
        wanted = NUMBERS in fields or levy in always
        if wanted and not number_of(levy, shown.numbers):
            missing.append(f"{NUMBERS}:{levy}")
    return missing
