"""What is asked for, checked: a design, how many guests, when, how, and the words with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.custom_cakes.rules.design import Design
from apps.orders.states import Fulfilment
from bakery.kernel.errors import Invalid
from bakery.kernel.postal import clean_address
from bakery.kernel.writing import can_be_written, plain_text

MOST_GUESTS = 2000
MOST_BUDGET = Decimal(100000)
# The longest of each text, as the columns have it.
LONGEST: Mapping[str, int] = {
    "words": 3000,
    "inscription": 300,
    "colours": 200,
    "allergies": 500,
    "note": 1000,
}
MAX_ANSWER = 2000
MAX_PHOTOS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A request's content. ``address`` is as `clean_address` returns it, for a delivery only."""

    design: Design
    wanted_on: date
    guests: int | None = None
    event_on: date | None = None
    fulfilment: str = Fulfilment.PICKUP
    budget: Decimal | None = None
    words: str = ""
    inscription: str = ""
    colours: str = ""
    allergies: str = ""
    note: str = ""
    address: Mapping[str, str] | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who asks."""

    name: str
    email: str
    phone: str = ""
    language: str = ""


def check_wishes(wishes: Wishes, *, today: date) -> Wishes:
    """Return ``wishes`` with texts trimmed and the address in normal form.

    Raises `Invalid` with ``details.field``: ``out_of_range``, ``day_past``, ``event_day``,
    ``too_long``, ``unprintable``, ``bad_fulfilment`` and those of `clean_address`.
    """
    _check_numbers(wishes)
    _check_days(wishes, today=today)
    if wishes.fulfilment not in Fulfilment.values:
        raise wrong("bad_fulfilment", "Say pickup or delivery.", "fulfilment")
    address = None
    if wishes.fulfilment == Fulfilment.DELIVERY:
        address = _address(wishes.address or {})
    texts = {name: _text(name, getattr(wishes, name)) for name in LONGEST}
    values = {name: getattr(wishes, name) for name in wishes.__dataclass_fields__}
    return Wishes(**{**values, **texts, "address": address})


def check_text(text: str, *, longest: int, field_name: str) -> str:
    """Return ``text`` trimmed; raise `Invalid` ``too_long`` or ``unprintable``.

    What is taken here must be taken when an order is placed: nobody could approve it otherwise.
    """
    trimmed = plain_text(text)
    if len(trimmed) > longest:
        raise wrong("too_long", f"At most {longest} characters.", field_name)
    if not all(char == "\n" or can_be_written(char) for char in trimmed):
        raise wrong("unprintable", "There are characters in it that cannot be kept.", field_name)
    return trimmed


def wrong(code: str, message: str, field_name: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(code, message, details={"field": field_name})


def _check_numbers(wishes: Wishes) -> None:
    if wishes.guests is not None and not 1 <= wishes.guests <= MOST_GUESTS:
        raise wrong("out_of_range", f"From 1 to {MOST_GUESTS} guests.", "guests")
    budget = wishes.budget
    if budget is None:
        return
    if not budget.is_finite() or not 0 < budget <= MOST_BUDGET:
        raise wrong("out_of_range", f"An amount up to {MOST_BUDGET}.", "budget")
    if budget != budget.quantize(Decimal("0.01")):
        raise wrong("out_of_range", "An amount has at most two decimals.", "budget")


def _check_days(wishes: Wishes, *, today: date) -> None:
    if wishes.wanted_on <= today:
        raise wrong("day_past", "Choose a day from tomorrow on.", "wanted_on")
    if (wishes.wanted_on - today).days > 730:
        raise wrong("out_of_range", "We plan at most two years ahead.", "wanted_on")
    event = wishes.event_on
    if event is not None and abs((event - wishes.wanted_on).days) > 60:
        raise wrong("event_day", "The feast is far from the day of the cake.", "event_on")


def _address(parts: Mapping[str, str]) -> dict[str, str]:
    try:
        return clean_address(parts)
    except Invalid as error:
        raise wrong(error.code, error.message, f"address.{error.details.get('field')}") from error


def _text(name: str, text: str) -> str:
    return check_text(text, longest=LONGEST[name], field_name=name)
