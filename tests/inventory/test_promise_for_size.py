"""Promises for a size that no catalog has: a custom cake before it is agreed."""

from datetime import timedelta

import pytest

from apps.catalog import services as catalog
from apps.catalog.models import Product
from apps.catalog.states import ProductKind
from apps.inventory import selectors, services
from apps.inventory.models import Hold, Slot
from apps.inventory.selectors import Size
from apps.inventory.states import HoldState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from tests.inventory.factories import AT, make_slot

pytestmark = pytest.mark.django_db
WORK = services.Work(pieces=1, oven_minutes=60, decorator_minutes=240)


def cake(**fields):
    return Size(0, "Custom cake", **{"oven_minutes": 60, "decorator_minutes": 240} | fields)


def test_the_first_time_with_room_for_its_work_is_promised():
    make_slot(hours=24, max_decorator_minutes=120)
    roomy = make_slot(hours=48, max_decorator_minutes=300)
    made = selectors.promise_for_size(size=cake(), at=AT)
    assert made.slot.id == roomy.pk
    assert made.why.code == "decorator_minutes"
    assert "decorators" in made.why.text


def test_its_lead_time_binds():
    make_slot(hours=24)
    late = make_slot(hours=120)
    made = selectors.promise_for_size(size=cake(lead_time=timedelta(hours=72)), at=AT)
    assert (made.slot.id, made.why.code) == (late.pk, "lead_time")


def test_days_without_custom_cakes_are_not_promised():
    day_off, free = make_slot(hours=24), make_slot(hours=48)
    catalog.create_private_size(
        size=catalog.PrivateSize(name="1 tier", price=100), actor="user:1", at=AT
    )
    product = Product.objects.get(kind=ProductKind.CUSTOM_TEMPLATE)
    day = clock.shop_date(day_off.starts_at)
    services.add_blackout(
        first_day=day,
        last_day=day,
        reason="The decorator is away",
        category_id=product.category_id,
        actor="user:1",
        at=AT,
    )
    made = selectors.promise_for_size(size=cake(), at=AT)
    assert (made.slot.id, made.why.code) == (free.pk, "blackout")
    outlook = selectors.outlook_for_size(size=cake(), at=AT, days=3)
    shown = {row.day: [slot.id for slot in row.slots] for row in outlook.days}
    assert shown[day] == []
    assert shown[clock.shop_date(free.starts_at)] == [free.pk]


def test_it_takes_few_statements_at_any_number_of_times(django_assert_num_queries):
    for hours in range(24, 34):
        make_slot(hours=hours)
    with django_assert_num_queries(3):
        selectors.promise_for_size(size=cake(), at=AT)
    for hours in range(34, 60):
        make_slot(hours=hours)
    with django_assert_num_queries(3):
        selectors.promise_for_size(size=cake(), at=AT)


def test_what_is_promised_is_held_and_then_not_promised_again():
    slot = make_slot(hours=24, max_decorator_minutes=300)
    services.take_place_hold(
        reference="offer:1", slot_id=slot.pk, work=WORK, expires_at=AT + timedelta(days=1), at=AT
    )
    assert selectors.promise_for_size(size=cake(), at=AT).slot is None
    row = Slot.objects.get(pk=slot.pk)
    assert (row.booked, row.decorator_booked) == (1, 240)
    with pytest.raises(Conflict) as caught:
        services.take_place_hold(
            reference="offer:2",
            slot_id=slot.pk,
            work=WORK,
            expires_at=AT + timedelta(days=1),
            at=AT,
        )
    assert caught.value.details["constraint"] == "decorator_minutes"
    services.release_hold(reference="offer:1", reason="lapsed", at=AT)
    assert selectors.promise_for_size(size=cake(), at=AT).slot.id == slot.pk
    assert Hold.objects.get(reference="offer:1").state == HoldState.RELEASED
