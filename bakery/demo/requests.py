"""Requests for custom cakes in the demo bakery: one in each state that the desk has to show.

The one that is paid was paid at the counter, because nothing but Stripe's word makes an order paid
online.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from apps.accounts.models import User
from apps.custom_cakes import services
from apps.custom_cakes.models import CakeOption, CakeRequest
from apps.custom_cakes.rules.design import Design, parse_design
from apps.custom_cakes.selectors import facts_of
from apps.custom_cakes.selectors.appraisal import appraise, current_revision, size_of
from apps.custom_cakes.selectors.desk import desk_of, usual_terms
from apps.custom_cakes.selectors.whatif import WhatIf, what_if
from apps.custom_cakes.services import Contact, Wishes
from apps.inventory import selectors as calendar
from bakery.demo import pictures
from bakery.demo.orders import pay_in_cash
from bakery.kernel import clock

ACTOR = "system"
# Round tiers from the bottom: inches across, sponge, filling.
Tier = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class DemoRequest:
    """Who asks for what; ``then`` is what the shop and the customer did about it, in order."""

    name: str
    email: str
    tiers: tuple[Tier, ...]
    finish: str
    decorations: Mapping[str, int] = field(default_factory=dict)
    event: str = "birthday"
    style: str = "party"
    days: int
    guests: int
    values: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[str, ...] = ()


REQUESTS = (
    DemoRequest(
        name="Ines Moreau", email="ines@customer.example",
        tiers=(("10", "Vanilla", "Raspberry cream"), ("7", "Almond", "Raspberry cream")),
        finish="Buttercream, smooth", decorations={"Sugar flower": 5, "Fresh flowers": 2},
        event="wedding", style="wedding", days=13, guests=55,
        values={
            "colours": "ivory and sage", "inscription": "Ines & Paul",
            "words": "Flowers climbing up one side, like on the picture.",
            "allergies": "hazelnuts", "budget": Decimal(450),
        },
        then=("photo",),
    ),
    DemoRequest(
        name="Nora North", email="customer@bakery.example",
        tiers=(("8", "Dark chocolate", "Dark ganache"),), finish="Chocolate ganache",
        decorations={"Chocolate shards": 3}, days=9, guests=18,
        values={"words": "A fox, in any way you like.", "inscription": "Zoë is 7"},
        then=("ask",),
    ),
    DemoRequest(
        name="Sam Whitfield", email="sam@customer.example",
        tiers=(
            ("10", "Vanilla", "Vanilla buttercream"),
            ("8", "Vanilla", "Vanilla buttercream"),
            ("6", "Lemon and elderflower", "Raspberry cream"),
        ),
        finish="Semi-naked", event="anniversary", days=11, guests=60,
        values={"budget": Decimal(320), "words": "Sturdy: it travels by train."},
        then=("counter",),
    ),
    DemoRequest(
        name="Yuki Sato", email="yuki@customer.example",
        tiers=(("9", "Lemon and elderflower", "Raspberry cream"),), finish="Buttercream, smooth",
        decorations={"Gold leaf": 4}, event="wedding", style="wedding", days=10, guests=30,
        values={"colours": "white and gold"},
        then=("approve",),
    ),
    DemoRequest(
        name="Leo Brandt", email="leo@customer.example",
        tiers=(("8", "Carrot", "Coconut frosting"), ("6", "Carrot", "Coconut frosting")),
        finish="Coconut frosting", decorations={"Topper of card": 1}, event="corporate",
        days=7, guests=40, values={"inscription": "10 years", "allergies": "milk, egg"},
        then=("approve", "pay"),
    ),
    DemoRequest(
        name="Amira Diallo", email="amira@customer.example",
        tiers=(("10", "Dark chocolate", "Dark ganache"),), finish="Rolled fondant",
        decorations={"Sculpted figure": 1}, days=12, guests=24,
        values={"words": "A dragon. It should breathe real fire."}, then=("reject",),
    ),
    DemoRequest(
        name="Paul Novak", email="paul@customer.example",
        tiers=(("8", "Vanilla", "Vanilla buttercream"),), finish="Buttercream, smooth",
        days=13, guests=20, then=("withdraw",),
    ),
    DemoRequest(
        name="Ruth Adler", email="ruth@customer.example",
        tiers=(("9", "Almond", "Dark ganache"),), finish="Chocolate ganache", days=12, guests=28,
        then=("approve early",),
    ),
)  # fmt: skip


def seed_requests(*, at: datetime) -> int:
    """Ask for the demo's custom cakes and decide about them; return how many were asked for.

    An installation that has a request keeps what it has.
    """
    if CakeRequest.objects.exists():
        return 0
    made = sum(_go_through(request, at=at) for request in REQUESTS)
    _keep_draft(at=at)
    return made


def _go_through(wanted: DemoRequest, *, at: datetime) -> bool:
    """Ask, and let everybody do what they did; False when no time ahead has room."""
    early = "approve early" in wanted.then
    asked_at = at - timedelta(days=4) if early else at
    design = parse_design(_design(wanted))
    day = _open_day(design, days=wanted.days, at=at)
    if day is None:
        return False
    request = services.submit_request(
        wishes=Wishes(design=design, wanted_on=day, guests=wanted.guests, **wanted.values),
        contact=Contact(name=wanted.name, email=wanted.email, language="en"),
        key=uuid5(NAMESPACE_URL, f"demo:{wanted.email}"),
        user_id=User.objects.filter(email=wanted.email).values_list("pk", flat=True).first(),
        at=asked_at,
    )
    for step in wanted.then:
        request.refresh_from_db()
        _STEPS[step](request, asked_at)
    return True


def _design(wanted: DemoRequest) -> dict[str, Any]:
    """Return the design as clients send it."""
    chosen = {(row.kind, row.name): row.pk for row in CakeOption.objects.all()}
    return {
        "tiers": [
            {
                "shape": "round",
                "length_in": length,
                "height_in": "4",
                "layers": 3,
                "flavour_id": chosen["flavour", sponge],
                "filling_id": chosen["filling", filling],
            }
            for length, sponge, filling in wanted.tiers
        ],
        "finish_id": chosen["finish", wanted.finish],
        "decorations": [
            {"option_id": chosen["decoration", name], "count": count}
            for name, count in wanted.decorations.items()
        ],
        "event_type": wanted.event,
        "style": wanted.style,
    }


def _open_day(design: Design, *, days: int, at: datetime) -> date | None:
    """Return a day, ``days`` ahead or as near to that as there is one; None without any."""
    facts = facts_of(design, wanted_on=None, at=at)
    seen = calendar.outlook_for_size(size_of(facts), at=at, days=days + 10)
    first = clock.shop_date(at) + timedelta(days=days)
    free = [day.day for day in seen.days if day.slots]
    return min(free, key=lambda day: abs(day - first), default=None)


def _keep_draft(*, at: datetime) -> None:
    """Leave one unsent, which only its customer sees."""
    typed = {"name": "Nora North", "guests": "12", "words": "Something with pears?"}
    user_id = User.objects.filter(email="customer@bakery.example").values_list("pk", flat=True)
    key = uuid5(NAMESPACE_URL, "demo:draft")
    services.save_draft(typed=typed, key=key, user_id=user_id.first(), at=at)


def _add_photo(request: CakeRequest, at: datetime) -> None:
    data = pictures.draw(
        "tiers", body="#fbeef0", top="#ffffff", accent="#d48aa0", backdrop="#dfe8dd"
    )
    services.add_photo(request_id=request.pk, data=data, caption="Like this one", at=at)


def _ask(request: CakeRequest, at: datetime) -> None:
    text = "Standing on the cake, or drawn on its side? A standing one takes us four days more."
    services.ask_customer(
        request_id=request.pk, expected_version=request.version, text=text, actor=ACTOR, at=at
    )


def _approve(request: CakeRequest, at: datetime) -> None:
    terms = _terms(request, None, at=at)
    services.approve_request(**terms, words="Keep it cool until an hour before it is cut.", at=at)


def _counter(request: CakeRequest, at: datetime) -> None:
    """Offer it without its top tier, which is nearer to the budget."""
    revision = current_revision(request)
    idea = what_if("without_top", revision, appraise(revision, at=at), at=at)
    if idea is not None and idea.slot_id is not None:
        words = "Two tiers are enough for your guests, and travel better."
        services.counter_offer(
            **_terms(request, idea, at=at), design=idea.design, words=words, at=at
        )


def _terms(request: CakeRequest, idea: WhatIf | None, *, at: datetime) -> dict[str, Any]:
    """Return what the desk's form is filled with."""
    terms = usual_terms(desk_of(request.pk, at=at), idea)
    if terms is None:
        raise RuntimeError(f"nothing can be reckoned of {request.number}")
    return {
        "request_id": request.pk,
        "expected_version": request.version,
        "price": terms.price,
        "servings_least": terms.servings_least,
        "servings_most": terms.servings_most,
        "slot_id": terms.slot_id,
        "expires_at": None,
        "reason": "",
        "actor": ACTOR,
        "may_go_below_floor": False,
    }


def _pay(request: CakeRequest, at: datetime) -> None:
    """Pay it at the counter, in cash."""
    if request.order is not None:
        pay_in_cash(request.order, amount=request.order.balance, at=at)


def _reject(request: CakeRequest, at: datetime) -> None:
    reason = "We may not have fire in the shop. We would love to make the dragon without it."
    services.reject_request(
        request_id=request.pk, expected_version=request.version, reason=reason, actor=ACTOR, at=at
    )


def _withdraw(request: CakeRequest, at: datetime) -> None:
    services.withdraw_request(request_id=request.pk, at=at)


_STEPS: Mapping[str, Callable[[CakeRequest, datetime], None]] = {
    "photo": _add_photo,
    "ask": _ask,
    "counter": _counter,
    "approve": _approve,
    "approve early": _approve,
    "pay": _pay,
    "reject": _reject,
    "withdraw": _withdraw,
}
