"""Goods, slots and orders for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from apps.catalog.models import Category, Product, Variant
from apps.catalog.states import ProductKind, ProductStatus, TaxClass
from apps.inventory import selectors as calendars
from apps.inventory import services as inventory
from apps.inventory.models import Slot
from apps.inventory.states import StockReason
from apps.orders import services
from apps.orders.models import Cart, Order
from bakery.kernel import clock

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday, 10:00 in Toronto
CUSTOMER = services.Customer(name="Ada Byron", email="ada@example.com", phone="+14165550123")
_numbers = count(1)


def make_variant(
    *,
    price="10.00",
    stock=10,
    kind=ProductKind.EVERYDAY,
    tax_class=TaxClass.STANDARD,
    limit=None,
    message=0,
    lead_hours=0,
    made_to_order=False,
    name="piece",
    product_name="Thing",
    allergens=None,
) -> Variant:
    """Return a variant of a published product, with stock."""
    number = next(_numbers)
    category, _ = Category.objects.get_or_create(slug="all", defaults={"name": "All"})
    product = Product.objects.create(
        name=product_name,
        slug=f"thing-{number}",
        kind=kind,
        status=ProductStatus.PUBLISHED,
        category=category,
        tax_class=tax_class,
        allergens=allergens,
        created_at=AT,
        updated_at=AT,
    )
    variant = Variant.objects.create(
        product=product,
        sku=f"SKU-{number}",
        name=name,
        price=Decimal(price),
        lead_time_hours=lead_hours,
        per_order_limit=limit,
        message_max_length=message,
        made_to_order=made_to_order,
    )
    if stock and not made_to_order:
        inventory.adjust_stock(
            variant_id=variant.pk,
            delta=stock,
            reason=StockReason.BAKED,
            note="",
            actor="system",
            at=AT,
        )
    return variant


def make_cake(**options) -> Variant:
    """Return a cake of 8 inches, zero-rated."""
    defaults = {
        "price": "48.00",
        "kind": ProductKind.CAKE,
        "tax_class": TaxClass.WHOLE_CAKE,
        "name": "8 inch",
        "product_name": "Carrot cake",
    }
    return make_variant(**{**defaults, **options})


def make_slot(starts_at=None, *, capacity=100) -> Slot:
    """Return a slot of half an hour, by default in a week."""
    starts_at = starts_at or AT + timedelta(days=7)
    slot, _ = Slot.objects.get_or_create(
        starts_at=starts_at,
        defaults={"ends_at": starts_at + timedelta(minutes=30), "capacity": capacity},
    )
    return slot


def on_open_day(days) -> datetime:
    """Return this time of day ``days`` ahead, or a day later when the shop is closed that day."""
    moment = clock.now() + timedelta(days=days)
    is_open = calendars.read_calendar(since=clock.shop_date(moment)).works_on
    while not is_open(clock.shop_date(moment)):
        moment += timedelta(days=1)
    return moment


def fill_cart(lines, *, at=AT) -> Cart:
    """Return a cart with (variant, quantity, message) lines."""
    cart = services.create_cart(at=at)
    for variant, quantity, message in lines:
        services.put_line(
            cart_id=cart.pk, variant_id=variant.pk, quantity=quantity, message=message, at=at
        )
    return cart


def place(lines, *, slot=None, customer=CUSTOMER, at=AT) -> Order:
    """Return an order that waits for its payment."""
    return services.place_order(
        cart_id=fill_cart(lines, at=at).pk,
        customer=customer,
        slot_id=(slot or make_slot()).pk,
        expected_total=None,
        at=at,
    )


def pay(order: Order, *, ref="pi_1", amount=None, currency="cad", at=AT) -> services.PaymentOutcome:
    """Confirm a payment of the order, of the right amount unless told otherwise."""
    amount = int(order.total * 100) if amount is None else amount
    return services.confirm_payment(
        order_id=order.pk, payment_ref=ref, amount_minor=amount, currency=currency, at=at
    )


def ask_deposit(order: Order, amount: str, *, due_at=None, kept=None) -> Order:
    """Let the order be certain for ``amount``, with the rest due two days before its pickup."""
    order.deposit_total = Decimal(amount)
    order.deposit_kept = Decimal(amount if kept is None else kept)
    order.balance_due_at = due_at or order.pickup_starts_at - timedelta(days=2)
    order.save(update_fields=["deposit_total", "deposit_kept", "balance_due_at"])
    return order


def place_paid(lines=None, *, ref="pi_1", **options) -> Order:
    """Return a paid order."""
    order = place(lines or [(make_cake(), 1, "")], **options)
    assert pay(order, ref=ref) == services.PaymentOutcome.CONFIRMED
    order.refresh_from_db()
    return order
