"""Checkout: what is frozen, what is refused, and what is held."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.inventory.models import Hold, Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import Order, OrderLine
from apps.orders.states import OrderStatus
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import OutboxMessage
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_cake, make_slot, place

pytestmark = pytest.mark.django_db


def test_places_an_order_with_frozen_lines_and_holds_its_goods():
    cake = make_cake(price="48.00", stock=3, message=40)
    slot = make_slot()
    order = place([(cake, 2, "Joyeux anniversaire, Zoë 🎂")], slot=slot)
    assert order.status == OrderStatus.PENDING_PAYMENT
    assert order.number.startswith("B-261120-")
    assert (order.subtotal, order.tax_total, order.total) == (Decimal(96), 0, Decimal(96))
    assert order.has_cake
    line = order.lines.get()
    assert line.message == "Joyeux anniversaire, Zoë 🎂"
    assert (line.unit_price, line.line_total) == (Decimal("48.00"), Decimal("96.00"))
    stock = Stock.objects.get(pk=cake.pk)
    assert (stock.on_hand, stock.reserved) == (3, 2)
    assert Slot.objects.get(pk=slot.pk).booked == 1
    assert Hold.objects.get(reference=order.hold_reference).state == "held"
    assert OutboxMessage.objects.filter(kind="orders.placed").exists()
    assert ledger_differences() == []


def test_a_later_change_of_the_product_leaves_the_order_as_it_was():
    cake = make_cake(price="48.00", stock=3)
    order = place([(cake, 1, "")])
    cake.price = Decimal("99.00")
    cake.name = "other"
    cake.save()
    line = OrderLine.objects.get(order=order)
    assert (line.unit_price, line.variant_name) == (Decimal("48.00"), "8 inch")


def test_a_changed_price_is_refused_with_the_new_total():
    cake = make_cake(price="48.00")
    cart = fill_cart([(cake, 1, "")])
    with pytest.raises(Conflict) as refused:
        services.place_order(
            cart_id=cart.pk,
            customer=CUSTOMER,
            slot_id=make_slot().pk,
            expected_total=Decimal("45.00"),
            at=AT,
        )
    assert refused.value.code == "price_changed"
    assert refused.value.details["total"] == "48.00"
    assert not Order.objects.exists()


def refusal(cart, *, slot=None, customer=CUSTOMER, at=AT):
    with pytest.raises((Conflict, Invalid, NotFound)) as refused:
        services.place_order(
            cart_id=cart.pk,
            customer=customer,
            slot_id=(slot or make_slot()).pk,
            expected_total=None,
            at=at,
        )
    assert not Order.objects.exists()
    assert not Hold.objects.exists()
    return refused.value


def test_a_limit_counts_all_lines_together():
    cake = make_cake(stock=10, limit=3, message=20)
    cart = fill_cart([(cake, 2, "one"), (cake, 2, "two")])
    error = refusal(cart)
    assert (error.status, error.code) == (400, "lines_refused")
    assert [line["code"] for line in error.details["lines"]] == ["over_limit", "over_limit"]


def test_two_lines_that_share_stock_cannot_take_more_than_there_is():
    cake = make_cake(stock=3, message=20)
    error = refusal(fill_cart([(cake, 2, "one"), (cake, 2, "two")]))
    assert (error.status, error.code) == (409, "out_of_stock")
    (line,) = error.details["lines"]
    assert (line["variant_id"], line["requested"], line["available"]) == (cake.pk, 4, 3)
    assert line["code"] == "sold_out"


def test_an_archived_variant_is_named():
    cake, bun = make_cake(), make_cake()
    cart = fill_cart([(cake, 1, ""), (bun, 1, "")])
    bun.archived_at = AT
    bun.save()
    error = refusal(cart)
    assert [(x["variant_id"], x["code"]) for x in error.details["lines"]] == [(bun.pk, "archived")]


def test_a_message_that_no_longer_fits_is_refused():
    cake = make_cake(message=20)
    cart = fill_cart([(cake, 1, "twelve chars")])
    cake.message_max_length = 5
    cake.save()
    assert refusal(cart).details["lines"][0]["code"] == "message_too_long"


def test_a_slot_before_the_lead_time_is_refused():
    cake = make_cake(lead_hours=48)
    error = refusal(fill_cart([(cake, 1, "")]), slot=make_slot(AT + timedelta(hours=47)))
    assert (error.code, error.status) == ("lead_time", 400)
    assert error.details["earliest"] == (AT + timedelta(hours=48)).isoformat()


def test_slots_that_are_past_or_unknown_are_refused():
    cart = fill_cart([(make_cake(), 1, "")])
    assert refusal(cart, slot=make_slot(AT - timedelta(hours=1))).code == "slot_past"
    assert refusal(cart, slot=Slot(pk=987654)).code == "slot_unknown"


def test_an_empty_cart_and_one_that_was_ordered_are_refused():
    assert refusal(services.create_cart(at=AT)).code == "cart_empty"


def test_a_cart_is_ordered_once():
    cart = fill_cart([(make_cake(), 1, "")])
    slot = make_slot(capacity=5)
    arguments = {"cart_id": cart.pk, "customer": CUSTOMER, "slot_id": slot.pk}
    services.place_order(**arguments, expected_total=None, at=AT)
    with pytest.raises(Conflict, match="ordered already"):
        services.place_order(**arguments, expected_total=None, at=AT)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "  ", "bad_name"),
        ("name", "x" * 201, "bad_name"),
        ("email", "nobody", "bad_email"),
        ("phone", "call me", "bad_phone"),
        ("phone", "+1", "bad_phone"),
    ],
)
def test_contact_data_that_cannot_be_used_is_refused(field, value, code):
    customer = services.Customer(**{"name": "Ada", "email": "ada@example.com", field: value})
    assert refusal(fill_cart([(make_cake(), 1, "")]), customer=customer).code == code


def test_an_allergy_in_the_message_raises_the_flag():
    cake = make_cake(message=40)
    assert place([(cake, 1, "No nuts please!")]).allergy_flag
    assert not place([(cake, 1, "Happy birthday")]).allergy_flag


def test_a_taken_number_is_drawn_again(monkeypatch):
    draws = iter([7, 7, 8])
    monkeypatch.setattr("apps.orders.services.making.secrets.randbelow", lambda _: next(draws))
    cake = make_cake()
    numbers = [place([(cake, 1, "")]).number for _ in range(2)]
    assert numbers == ["B-261120-0007", "B-261120-0008"]
