"""Choices, wishes and requests for tests."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from uuid import uuid4

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeOption, CakeRequest
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.services import Contact, Wishes
from apps.custom_cakes.states import OptionKind
from bakery.kernel import clock
from tests.orders.factories import AT, make_slot

CONTACT = Contact(name="Ada Byron", email="ada@example.com", phone="+14165550123", language="en")
_numbers = count(1)
_TAKES = {
    OptionKind.FLAVOUR: {"grams": Decimal(8), "complexity": 1},
    OptionKind.FILLING: {"grams": Decimal(4), "complexity": 1},
    OptionKind.FINISH: {"grams": Decimal(3), "minutes": Decimal("0.1"), "complexity": 2},
    OptionKind.DECORATION: {
        "material_cost": Decimal("1.50"),
        "minutes": Decimal(6),
        "complexity": 3,
        "most": 50,
    },
}


def make_option(kind=OptionKind.FLAVOUR, *, name=None, **values) -> CakeOption:
    """Return something that can be chosen."""
    number = next(_numbers)
    return CakeOption.objects.create(
        kind=kind, name=name or f"{kind} {number}", **{**_TAKES[kind], **values}
    )


def make_options() -> dict[str, CakeOption]:
    """Return one choice of each kind: those that were made before, if any."""
    return {
        kind: CakeOption.objects.filter(kind=kind, is_active=True).first() or make_option(kind)
        for kind in OptionKind.values
    }


def design_data(*, tiers=1, length=8, flowers=0, **values) -> dict:
    """Return a design as clients send it, made of `make_options`; each tier 2 inches smaller."""
    chosen = make_options()
    rows = [
        {
            "shape": "round",
            "length_in": str(length - 2 * index),
            "width_in": None,
            "height_in": "4",
            "layers": 2,
            "flavour_id": chosen[OptionKind.FLAVOUR].pk,
            "filling_id": chosen[OptionKind.FILLING].pk,
        }
        for index in range(tiers)
    ]
    flower = chosen[OptionKind.DECORATION].pk
    return {
        "tiers": rows,
        "finish_id": chosen[OptionKind.FINISH].pk,
        "decorations": [{"option_id": flower, "count": flowers}] if flowers else [],
        "event_type": "birthday",
        "style": "party",
        "keep_top": False,
        **values,
    }


def make_wishes(*, design=None, at=AT, days=21, **values) -> Wishes:
    """Return checked-looking wishes for a cake in three weeks."""
    given = {
        "design": parse_design(design or design_data()),
        "wanted_on": clock.shop_date(at) + timedelta(days=days),
        "guests": 12,
        "inscription": "Happy birthday, Zoë",
        "colours": "ivory",
        "words": "With a fox, please.",
    }
    return Wishes(**{**given, **values})


def submit(*, wishes=None, at=AT, contact=CONTACT, **values) -> CakeRequest:
    """Return a request that waits for the shop; its day has a pickup time."""
    wishes = wishes or make_wishes(at=at)
    make_slot(slot_time(wishes))
    return services.submit_request(
        wishes=wishes, contact=contact, at=at, key=values.pop("key", None) or uuid4(), **values
    )


def slot_time(wishes: Wishes):
    """Return eleven o'clock, by the shop's clock, of the day that is wanted."""
    return clock.start_of_shop_day(wishes.wanted_on) + timedelta(hours=11)
