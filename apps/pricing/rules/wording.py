"""Prices explained in plain words: what a model added to the formula, and how cakes differ."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from apps.pricing.rules.estimates import Reason
from apps.pricing.rules.features import FEATURES
from apps.pricing.rules.formula import plain, with_rest
from apps.pricing.rules.spec import CakeSpec
from apps.pricing.states import EventType
from bakery.kernel.money import round_money

# Contributions of less than this share of the price are told together.
_SMALL = Decimal("0.01")
_NONE, _HALF_AN_HOUR = Decimal(0), Decimal("0.5")
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_PLAIN_GROUPS: Mapping[str, str] = {
    "formula": "The size of the price itself",
    "similar": "What similar cakes were sold for",
}
_EVENTS: Mapping[str, str] = {
    EventType.BIRTHDAY: "A birthday",
    EventType.WEDDING: "A wedding",
    EventType.ANNIVERSARY: "An anniversary",
    EventType.BABY: "A baby shower or christening",
    EventType.GRADUATION: "A graduation",
    EventType.CORPORATE: "A company event",
    EventType.HOLIDAY: "A holiday",
    EventType.OTHER: "No special event",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def explain_model(
    spec: CakeSpec,
    *,
    formula: Decimal,
    amounts: Mapping[str, Decimal],
    usual: Decimal,
    price: Decimal,
    floor: Decimal,
    currency: str,
) -> tuple[Reason, ...]:
    """Return reasons that sum up to ``price`` to the cent, the largest first after the formula.

    ``amounts`` is what each group of features adds in money, ``usual`` what is added to every
    cake. What rounding leaves is told last.
    """
    rows = [Reason("Your usual formula", formula)]
    usual = round_money(usual, currency)
    if usual:
        text = "above" if usual > 0 else "below"
        rows.append(Reason(f"Your prices are in general {text} the formula", usual))
    rounded = {group: round_money(amount, currency) for group, amount in amounts.items()}
    told = [group for group, amount in rounded.items() if abs(amount) >= _SMALL * price]
    rows.extend(
        Reason(_words_of(group, spec), rounded[group])
        for group in sorted(told, key=lambda group: (-abs(rounded[group]), group))
    )
    small = sum((amount for group, amount in rounded.items() if group not in told), Decimal(0))
    if small:
        rows.append(Reason("Smaller details", small))
    rest = "Raised to the lowest price, and rounded" if price == floor else "Rounded"
    return with_rest(rows, price, rest)


def in_money(contributions: Sequence[float], *, factor: Decimal) -> dict[str, Decimal]:
    """Return what each group of `FEATURES` adds, from contributions to the log price.

    ``factor`` is the logarithmic mean of the prices with and without all of them, by which
    contributions to the logarithm become money that sums up exactly.
    """
    amounts: dict[str, Decimal] = {}
    for feature, contribution in zip(FEATURES, contributions, strict=True):
        amount = Decimal(contribution) * factor
        amounts[feature.group] = amounts.get(feature.group, Decimal(0)) + amount
    return amounts


def describe(spec: CakeSpec) -> str:
    """Return a cake in a few words, such as "Three tiers, round 12 in, wedding"."""
    bottom = spec.tiers[0]
    measures = plain(bottom.length_in)
    if bottom.width_in is not None:
        measures += f" x {plain(bottom.width_in)}"
    what = f"{_count(len(spec.tiers), 'tier')}, {bottom.shape} {measures} in"
    # Cakes of the range are for no occasion of their own.
    event = EventType(spec.event_type)
    return what if event == EventType.OTHER else f"{what}, {event.label}"


def differences(mine: CakeSpec, other: CakeSpec) -> tuple[str, ...]:
    """Return how ``other`` differs from ``mine``, in words, the most telling first."""
    return (*_other_measures(mine, other), *_other_making(mine, other))


def _other_measures(mine: CakeSpec, other: CakeSpec) -> list[str]:
    here, there = mine.tiers[0], other.tiers[0]
    rows = []
    if (more := len(other.tiers) - len(mine.tiers)) != 0:
        rows.append(_more(more, "tier"))
    if here.shape != there.shape:
        rows.append(f"{there.shape} instead of {here.shape}")
    if here.length_in != there.length_in:
        rows.append(f"{plain(there.length_in)} instead of {plain(here.length_in)} in wide")
    low, high = (sum((tier.height_in for tier in spec.tiers), _NONE) for spec in (mine, other))
    if len(mine.tiers) == len(other.tiers) and low != high:
        rows.append(f"{plain(high)} instead of {plain(low)} in high")
    return rows


def _other_making(mine: CakeSpec, other: CakeSpec) -> list[str]:
    rows = []
    if other.event_type not in {mine.event_type, EventType.OTHER}:
        rows.append(f"for: {EventType(other.event_type).label}")
    if mine.complexity != other.complexity:
        rows.append("more intricate" if other.complexity > mine.complexity else "plainer")
    if abs(hours := other.labour_hours - mine.labour_hours) >= _HALF_AN_HOUR:
        rows.append(f"{plain(abs(hours))} hours {'more' if hours > 0 else 'less'} work")
    if mine.is_rush != other.is_rush:
        rows.append("in a rush" if other.is_rush else "not in a rush")
    return rows


def out_of_range(names: Sequence[str]) -> str:
    """Return a sentence about features that lie outside of everything that was learned from."""
    groups = {feature.name: feature.group for feature in FEATURES}
    told = dict.fromkeys(_PLACES[groups[name]] for name in names if groups.get(name) in _PLACES)
    what = ", ".join(told) or "something"
    return f"Unlike any cake that was learned from ({what}): the range is wider."


_PLACES: Mapping[str, str] = {
    "size": "its size",
    "height": "its height",
    "tiers": "its tiers",
    "layers": "its layers",
    "shape": "its shape",
    "formula": "its cost",
    "ingredients": "its ingredients",
    "labour": "its hours of work",
    "complexity": "how intricate it is",
    "rush": "its rush",
    "notice": "its notice",
    "event": "its event",
    "season": "its season",
    "similar": "what similar cakes were sold for",
}


def _words_of(group: str, spec: CakeSpec) -> str:
    bottom = spec.tiers[0]
    words = {
        "size": f"A bottom tier of {plain(bottom.length_in)} in, and all of its size",
        "height": f"{plain(sum((tier.height_in for tier in spec.tiers), _NONE))} in high",
        "tiers": _count(len(spec.tiers), "tier"),
        "layers": _count(sum(tier.layers for tier in spec.tiers), "layer"),
        "shape": f"The shape: {bottom.shape}",
        "ingredients": "What its ingredients cost",
        "labour": f"{plain(spec.labour_hours)} hours of work",
        "complexity": f"Complexity {spec.complexity} of 5",
        "rush": "In a rush" if spec.is_rush else "Not in a rush",
        "notice": f"{spec.notice_days} days of notice",
        "season": f"The season: {_MONTHS[spec.month - 1]}",
        "event": _EVENTS[EventType(spec.event_type)],
    }
    return words.get(group) or _PLAIN_GROUPS[group]


def _count(number: int, noun: str) -> str:
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{word} {noun}" if number == 1 else f"{word} {noun}s"


def _more(number: int, noun: str) -> str:
    word = _count(abs(number), noun).lower()
    return f"{word} {'more' if number > 0 else 'fewer'}"
