"""Orders of the demo bakery, so that the kitchen, the bake sheet and the console show something.

Taken by phone and paid in cash, because nothing but Stripe's word makes an order paid online.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import User
from apps.catalog.models import Recipe, Variant
from apps.inventory import selectors as inventory
from apps.orders import services
from apps.orders.models import Mixer, Order, RecipeMixer
from apps.orders.states import Channel, TenderKind

ACTOR = "system"
DAYS = 21
# Name, capacity in kg of what goes in, and what is mixed in it.
MIXERS = (
    ("Planetary mixer, 10 l", "4.5", ("Buttercream", "Ganache", "Coconut frosting")),
    ("Planetary mixer, 20 l", "9", ("Vanilla sponge", "Dark sponge", "Carrot sponge")),
    ("Spiral mixer", "25", ("Sourdough", "Rye bread dough", "Rich dough")),
)


@dataclass(frozen=True, kw_only=True)
class DemoOrder:
    """SKU, how many and what to write; on which of the open days; how far the kitchen got.

    The demo's customer orders under their own name, who else is written to has an ``email``.
    """

    name: str
    phone: str
    email: str = ""
    lines: Sequence[tuple[str, int, str]]
    day: int
    done: Sequence[str] = ()
    seen: bool = True
    note: str = ""


ORDERS = (
    DemoOrder(
        name="Priya Raman", phone="+14165550171", day=0,
        lines=[("CHOC-8", 1, "Happy 7th, Arjun!"), ("CANDLE-12", 1, "")], done=("start",),
    ),
    DemoOrder(
        name="Tom Okafor", phone="+14165550172", day=0,
        lines=[("CARR-6", 1, "no nuts please, allergy!")],
        seen=False,
    ),
    DemoOrder(
        name="Lena Fischer", phone="+14165550173", day=0, lines=[("SOUR-900", 3, "")],
        done=("start", "ready"),
    ),
    DemoOrder(
        name="Mei Tanaka", phone="+14165550174", day=1,
        lines=[("LEMN-10", 1, "Grattis Åsa 🎂"), ("SOUR-900", 1, "")], note="Doorbell is broken.",
    ),
    DemoOrder(
        name="Omar Haddad", phone="+14165550175", day=1, lines=[("CHOC-10", 2, "Team Ops")],
    ),
    DemoOrder(
        name="Grace Kim", phone="+14165550176", day=2, lines=[("TIER-6810", 1, "")],
    ),
)  # fmt: skip


def seed_mixers() -> None:
    """Create the mixers and say what is made in them, unless there are any."""
    if Mixer.objects.exists():
        return
    recipes = dict(Recipe.objects.values_list("name", "pk"))
    for name, capacity, mixed in MIXERS:
        mixer = Mixer.objects.create(name=name, capacity_kg=Decimal(capacity))
        for recipe in mixed:
            RecipeMixer.objects.create(mixer=mixer, recipe_id=recipes[recipe])


def seed_orders(*, at: datetime) -> int:
    """Place the demo's orders, unless there is any order; return how many were placed."""
    if Order.objects.exists():
        return 0
    return sum(_go_through(order, at=at) for order in ORDERS)


def place(order: DemoOrder, *, at: datetime, channel: Channel = Channel.PHONE) -> Order | None:
    """Place one, by phone or as a customer does; None when no time ahead has room."""
    sizes = dict(Variant.objects.values_list("sku", "pk"))
    wanted = {sizes[sku]: quantity for sku, quantity, _ in order.lines}
    seen = inventory.outlook(wanted, at=at, days=DAYS)
    days = [day for day in seen.days if day.slots]
    if len(days) <= order.day:
        return None
    user_id = User.objects.filter(email=order.email).values_list("pk", flat=True).first()
    staff = ACTOR if channel == Channel.PHONE else ""
    with transaction.atomic():
        cart = services.create_cart(at=at)
        for sku, quantity, message in order.lines:
            services.put_line(
                cart_id=cart.pk, variant_id=sizes[sku], quantity=quantity, message=message, at=at
            )
        return services.place_order(
            cart_id=cart.pk,
            customer=services.Customer(
                name=order.name, email=order.email, phone=order.phone, user_id=user_id
            ),
            slot_id=days[order.day].slots[0].id,
            expected_total=None,
            terms=services.Terms(channel=channel, placed_by=staff, note=order.note),
            at=at,
        )


def pay_in_cash(order: Order, *, amount: Decimal, at: datetime, seen: bool = True) -> None:
    """Take ``amount`` at the counter; ``seen``: the kitchen knows of what is paid."""
    services.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=amount,
        ref=f"demo-{order.number}",
        actor=ACTOR,
        at=at,
    )
    if seen and amount == order.balance:
        services.acknowledge(order_number=order.number, actor=ACTOR, at=at)


def _go_through(order: DemoOrder, *, at: datetime) -> bool:
    """Place and pay one, and take it as far as it got; False when no time ahead has room."""
    with transaction.atomic():
        if (placed := place(order, at=at)) is None:
            return False
        pay_in_cash(placed, amount=placed.balance, at=at, seen=order.seen)
        for step in order.done:
            advance = {"start": services.start_production, "ready": services.mark_ready}[step]
            advance(order_id=placed.pk, actor=ACTOR, at=at)
    return True
