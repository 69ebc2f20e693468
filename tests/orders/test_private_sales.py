"""Custom cakes as orders: placed without a cart, at the agreed price, replaced by a new offer."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.catalog import selectors as catalog_reads
from apps.catalog import services as catalog
from apps.catalog.models import Product, Variant
from apps.catalog.states import ProductKind, ProductStatus
from apps.inventory import services as stock
from apps.inventory.models import Hold, Slot
from apps.inventory.states import HoldState
from apps.orders import services
from apps.orders.models import Order
from apps.orders.rules.handing import read_scan
from apps.orders.services import PaymentOutcome
from apps.orders.states import Channel, OrderStatus
from bakery.kernel.errors import Conflict, DomainError, Invalid, NotFound
from bakery.kernel.models import OutboxMessage
from tests.accounts import people
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, fill_cart, make_cake, make_slot, pay, place
from tests.orders.private import ALLERGENS, DETAILS, make_private_size, place_private

pytestmark = pytest.mark.django_db


def test_a_private_size_is_of_the_one_custom_cake_and_nobody_can_choose_it():
    first, second = make_private_size(), make_private_size()
    product = Product.objects.get(kind=ProductKind.CUSTOM_TEMPLATE)
    assert (product.name, product.status, product.category.name) == (
        "Custom cake",
        ProductStatus.DRAFT,
        "Custom cakes",
    )
    sizes = Variant.objects.filter(product=product)
    assert {size.pk for size in sizes} == {first, second}
    assert all(size.archived_at == AT and size.made_to_order for size in sizes)
    assert catalog_reads.sellable_variants([first, second]) == {}
    sold = catalog_reads.private_sizes([first, second, make_cake().pk])
    assert sorted(sold) == [first, second]
    assert sold[first].is_cake
    assert sold[first].allergens == {
        "contains": ["wheat", "egg", "milk"],
        "may_contain": ["tree_nuts"],
    }


def test_a_private_size_cannot_be_put_into_a_cart_or_edited_or_put_on_sale():
    pk = make_private_size()
    product = Variant.objects.get(pk=pk).product
    refused = [
        lambda: fill_cart([(Variant.objects.get(pk=pk), 1, "")]),
        lambda: catalog.update_variant(variant_id=pk, changes={"price": Decimal(1)}, at=AT),
        lambda: catalog.restore_variant(variant_id=pk, at=AT),
        lambda: catalog.create_variant(
            product_id=product.pk, sku="X", name="X", price=Decimal(1), at=AT
        ),
        lambda: catalog.publish_product(product_id=product.pk, at=AT),
        lambda: catalog.update_product(
            product_id=product.pk, changes={"kind": ProductKind.CAKE}, at=AT
        ),
        lambda: catalog.create_product(
            name="X",
            category_id=product.category_id,
            kind=ProductKind.CUSTOM_TEMPLATE,
            at=AT,
        ),
    ]
    codes = []
    for call in refused:
        with pytest.raises(DomainError) as caught:
            call()
        codes.append(caught.value.code)
    assert codes == [
        "archived",
        "private_size",
        "private_size",
        "private_size",
        "private_size",
        "private_size",
        "reserved_kind",
    ]


def test_the_database_keeps_it_off_the_shelf_too():
    make_private_size()
    template = Product.objects.filter(kind=ProductKind.CUSTOM_TEMPLATE)
    with pytest.raises(IntegrityError, match="product_template_unpublished"), transaction.atomic():
        template.update(status=ProductStatus.PUBLISHED)
    assert template.get().status == ProductStatus.DRAFT


def test_what_is_in_it_stays_as_it_was_agreed():
    pk = make_private_size()
    before = Variant.objects.get(pk=pk)
    catalog.recheck_food(at=AT)
    after = Variant.objects.get(pk=pk)
    assert (after.food_facts, after.unit_cost) == (before.food_facts, before.unit_cost)
    assert after.food_facts["contains"] == ALLERGENS["contains"]
    nothing = Variant.objects.get(pk=make_private_size(allergens=None))
    assert nothing.food_facts is None
    assert catalog_reads.private_sizes([nothing.pk])[nothing.pk].allergens is None


@pytest.mark.parametrize(
    "fields",
    [
        {"price": Decimal(-1)},
        {"price": Decimal("1.005")},
        {"price": Decimal("NaN")},
        {"name": ""},
        {"tiers": [{"shape": "blob", "length_in": "8"}]},
        {"servings_min": -3},
        {"decorator_minutes": 10**9},
        {"servings_min": 9, "servings_max": 3},
    ],
)
def test_a_private_size_that_cannot_be_is_refused(fields):
    with pytest.raises(Invalid):
        make_private_size(**fields)


def test_an_order_is_placed_at_the_agreed_price_and_holds_its_place_until_the_offer_ends():
    order = place_private()
    line = order.lines.get()
    assert (order.status, order.channel) == (OrderStatus.PENDING_PAYMENT, Channel.CUSTOM)
    assert (line.product_name, line.variant_name) == ("Custom cake: Ada's birthday", "2 tiers")
    assert (line.unit_price, line.quantity, line.message) == (Decimal("412.50"), 1, "Ada, 30")
    assert (line.details, line.is_private, line.is_cake) == (DETAILS, True, True)
    assert line.allergens["contains"] == ALLERGENS["contains"]
    assert order.has_cake
    assert not order.allergy_flag
    hold = Hold.objects.get(reference=order.hold_reference)
    assert (hold.oven_minutes, hold.decorator_minutes) == (60, 240)
    assert hold.expires_at == order.hold_expires_at == AT + timedelta(days=3)
    slot = Slot.objects.get(pk=order.slot_id)
    assert (slot.booked, slot.decorator_booked) == (1, 240)
    assert order.pickup_code
    assert OutboxMessage.objects.filter(kind="orders.placed").exists()
    assert pay(order, amount=41250) == PaymentOutcome.CONFIRMED


def test_no_promotion_changes_what_was_agreed():
    make_promotion(at=AT)
    cake = make_cake(stock=3)
    assert place([(cake, 1, "")]).discount_total > 0, "the promotion is there for everybody else"
    order = place_private()
    assert order.discount_total == 0
    assert order.total == Decimal("412.50")


def test_numbers_of_requests_are_none_that_an_order_draws():
    number = services.new_number(at=AT)
    assert re.fullmatch(r"B-261120-[0-9A-Z]{5}", number)
    order = place_private(number=f"{number}-2")
    assert read_scan(f"{order.number}.{order.pickup_code}").number == order.number
    assert read_scan(f" {order.number.lower()} ").number == order.number
    with pytest.raises(Conflict) as caught:
        place_private(number=order.number)
    assert caught.value.code == "number_taken"


def test_allergies_are_flagged_by_word_or_by_the_request():
    assert place_private(allergy=True).allergy_flag
    assert place_private(message="no nuts, allergic").allergy_flag


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"size": 10**9}, "variant_not_found"),
        ({"message": "x" * 301}, "message_too_long"),
        ({"message": "bell\x07"}, "message_unprintable"),
        ({"hold_for": timedelta(days=8)}, "quote_after_pickup"),
        ({"customer": services.Customer(name="", email="ada@example.com")}, "bad_name"),
    ],
)
def test_a_sale_that_cannot_be_is_refused(options, code):
    with pytest.raises(DomainError) as caught:
        place_private(**options)
    assert caught.value.code == code
    assert not Order.objects.exists()
    assert not Hold.objects.exists()


def test_a_size_of_the_range_is_no_private_sale():
    with pytest.raises(NotFound):
        place_private(size=make_cake().pk)


def test_lead_time_and_capacity_hold_for_it_too():
    with pytest.raises(Invalid, match="needs 30 working days"):
        place_private(size=make_private_size(lead_days=30))
    slot = make_slot(AT + timedelta(days=9), capacity=1)
    place_private(slot=slot)
    with pytest.raises(Conflict) as caught:
        place_private(slot=slot)
    assert caught.value.code == "slot_full"
    assert Slot.objects.get(pk=slot.pk).booked == 1


def test_a_superseded_order_is_called_off_and_its_place_is_free():
    order = place_private()
    assert services.supersede_order(order_id=order.pk, reason="new offer", actor="user:1", at=AT)
    order.refresh_from_db()
    assert (order.status, order.superseded_at) == (OrderStatus.CANCELLED, AT)
    assert Hold.objects.get(reference=order.hold_reference).state == HoldState.RELEASED
    assert Slot.objects.get(pk=order.slot_id).booked == 0
    told = OutboxMessage.objects.filter(kind="orders.cancelled").count()
    assert told
    assert services.supersede_order(order_id=order.pk, reason="again", actor="user:1", at=AT)
    assert OutboxMessage.objects.filter(kind="orders.cancelled").count() == told
    move = order.transitions.get()
    assert (move.actor, move.reason) == ("user:1", "new offer")


def test_a_paid_order_is_not_superseded():
    order = place_private()
    pay(order, amount=41250)
    assert not services.supersede_order(order_id=order.pk, reason="x", actor="user:1", at=AT)
    order.refresh_from_db()
    assert (order.status, order.superseded_at) == (OrderStatus.PAID, None)


def test_a_payment_for_a_superseded_order_never_revives_it_though_its_goods_are_free():
    order = place_private()
    services.supersede_order(order_id=order.pk, reason="new offer", actor="user:1", at=AT)
    assert pay(order, amount=41250) == PaymentOutcome.UNFULFILLABLE
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID_UNFULFILLABLE
    assert order.transitions.last().reason == "paid after another offer took its place"
    assert Slot.objects.get(pk=order.slot_id).booked == 0


def test_control_without_the_mark_the_payment_would_revive_it():
    order = place_private()
    services.supersede_order(order_id=order.pk, reason="new offer", actor="user:1", at=AT)
    Order.objects.filter(pk=order.pk).update(superseded_at=None)
    assert pay(order, amount=41250) == PaymentOutcome.CONFIRMED


def test_an_expired_offer_is_superseded_and_not_paid_late():
    order = place_private()
    late = AT + timedelta(days=4)
    services.expire_overdue(at=late)
    assert services.supersede_order(order_id=order.pk, reason="renewed", actor="customer", at=late)
    order.refresh_from_db()
    assert (order.status, order.superseded_at) == (OrderStatus.EXPIRED, late)
    assert pay(order, amount=41250, at=late) == PaymentOutcome.UNFULFILLABLE


def test_the_counter_takes_no_money_for_a_superseded_order():
    order = place_private()
    services.supersede_order(order_id=order.pk, reason="new offer", actor="user:1", at=AT)
    with pytest.raises(Conflict) as caught:
        services.take_tender(
            order_id=order.pk,
            kind="cash",
            amount=Decimal("412.50"),
            ref="s1",
            actor="user:1",
            at=AT,
        )
    assert caught.value.code == "order_expired"


def test_an_order_follows_the_place_that_was_kept_for_it():
    slot = make_slot(AT + timedelta(days=9), capacity=1)
    stock.take_place_hold(
        reference="offer:1",
        slot_id=slot.pk,
        work=stock.Work(1, 60, 240),
        expires_at=AT + timedelta(days=1),
        at=AT,
    )
    with pytest.raises(Conflict):
        place_private(slot=slot)
    order = place_private(slot=slot, instead_of="offer:1")
    assert Hold.objects.get(reference=order.hold_reference).state == HoldState.HELD
    assert Hold.objects.get(reference="offer:1").state == HoldState.RELEASED
    assert Slot.objects.get(pk=slot.pk).booked == 1


def test_no_list_of_the_range_has_it(client):
    make_private_size()
    shown = make_cake(name="8 inch", product_name="Lemon cake")
    manager = people.staff("manager")
    api = people.api(people.log_in(manager).access)
    console = people.browser(manager, verified=True)
    product = Product.objects.get(kind=ProductKind.CUSTOM_TEMPLATE)
    texts = [
        client.get("/shop/").content.decode(),
        client.get("/api/v1/products").content.decode(),
        client.get("/api/v1/products?q=custom").content.decode(),
        api.get("/api/v1/staff/products").content.decode(),
        console.get("/console/catalog/product/").content.decode(),
        catalog.export_range(file_format="csv", at=AT).decode(),
    ]
    signs = ("CUSTOM-", f'"{product.slug}"', f"/shop/{product.slug}/", f"product/{product.pk}/")
    assert [text.count(sign) for text in texts for sign in signs] == [0] * 24
    assert "Lemon cake" in texts[0]
    assert shown.sku in texts[-1]
    assert client.get(f"/shop/{product.slug}/").status_code == 404
    assert api.get(f"/api/v1/staff/products/{product.pk}").status_code == 404
