"""A slot's pieces and minutes: what an order takes of them, and what comes back."""

import pytest
from django.db import IntegrityError, transaction

from apps.catalog.models import Variant
from apps.inventory import selectors, services
from apps.inventory.models import Hold, Slot
from apps.inventory.rules.demand import MAX_WORK
from apps.inventory.services import Work, work_of
from apps.inventory.states import SlotLimit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import AuditEntry
from tests.inventory.factories import AT, LATER, hold, make_slot, make_variant

pytestmark = pytest.mark.django_db
CAKE = Work(pieces=1, oven_minutes=40, decorator_minutes=60)
LIMITS = {"max_pieces": 10, "max_oven_minutes": 100, "max_decorator_minutes": 120}


def booked(slot) -> tuple[int, int, int, int]:
    columns = ("booked", "pieces_booked", "oven_booked", "decorator_booked")
    return Slot.objects.values_list(*columns).get(pk=slot.pk)


def cake_hold(slot, work=CAKE, **options):
    return hold({make_variant(made_to_order=True).pk: 1}, slot, work=work, **options)


def refused(call) -> Conflict | Invalid:
    with pytest.raises((Conflict, Invalid)) as error:
        call()
    return error.value


def test_a_hold_takes_its_work_and_gives_back_exactly_that():
    slot = make_slot(**LIMITS)
    reference, other = cake_hold(slot), cake_hold(slot, Work(2, 5, 0))
    assert booked(slot) == (2, 3, 45, 60)
    services.consume_hold(reference=reference, at=LATER)
    assert booked(slot) == (2, 3, 45, 60)
    services.return_hold(reference=reference, reason="cancelled", at=LATER)
    assert booked(slot) == (1, 2, 5, 0)
    assert services.retake_hold(reference=reference, at=LATER)
    assert booked(slot) == (2, 3, 45, 60)
    services.release_hold(reference=other, reason="expired", at=LATER)
    assert booked(slot) == (1, 1, 40, 60)
    assert selectors.ledger_differences() == []


@pytest.mark.parametrize(
    ("work", "details"),
    [
        (Work(8, 0, 0), {"constraint": "pieces", "needed": 8, "remaining": 7, "limit": 10}),
        (
            Work(1, 41, 0),
            {"constraint": "oven_minutes", "needed": 41, "remaining": 40, "limit": 100},
        ),
        (
            Work(1, 0, 61),
            {"constraint": "decorator_minutes", "needed": 61, "remaining": 60, "limit": 120},
        ),
        (
            Work(1, 0, 180),
            {"constraint": "decorator_minutes", "needed": 180, "remaining": 60, "limit": 120},
        ),
    ],
    ids=["pieces", "oven", "decorator", "never"],
)
def test_what_is_exhausted_is_named_and_nothing_is_taken(work, details):
    slot, loaf = make_slot(**LIMITS), make_variant(stock=5)
    cake_hold(slot, Work(3, 60, 60))
    error = refused(lambda: hold({loaf.pk: 1}, slot, work=work))
    assert (error.code, error.details) == ("slot_full", details)
    assert ("more than one pickup time" in error.message) is (details["needed"] > details["limit"])
    assert booked(slot) == (1, 3, 60, 60)
    assert selectors.available([loaf.pk]) == {loaf.pk: 5}
    assert selectors.ledger_differences() == []


def test_a_full_slot_says_that_its_orders_are_the_reason():
    slot = make_slot(capacity=1)
    cake_hold(slot)
    error = refused(lambda: cake_hold(slot))
    assert error.details == {"constraint": "orders", "needed": 1, "remaining": 0, "limit": 1}


def test_the_last_minute_can_be_taken_and_work_of_nothing_fits_a_slot_without_any_left():
    slot = make_slot(**LIMITS)
    cake_hold(slot, Work(10, 100, 120))
    cake_hold(slot, Work())
    assert booked(slot) == (2, 10, 100, 120)


def test_changed_minutes_of_a_size_change_nothing_that_was_taken():
    slot, cake = make_slot(**LIMITS), make_variant(made_to_order=True, decorator_minutes=60)
    sizes = {cake.pk: cake}
    reference = hold({cake.pk: 2}, slot, work=work_of({cake.pk: 2}, sizes))
    Variant.objects.filter(pk=cake.pk).update(decorator_minutes=5, pieces=6)
    assert booked(slot) == (1, 2, 0, 120)
    services.release_hold(reference=reference, reason="expired", at=LATER)
    assert booked(slot) == (0, 0, 0, 0)
    assert services.retake_hold(reference=reference, at=LATER)
    assert booked(slot) == (1, 2, 0, 120)
    assert selectors.ledger_differences() == []


def test_a_late_payment_needs_the_minutes_too():
    slot = make_slot(**LIMITS)
    reference = cake_hold(slot)
    services.release_hold(reference=reference, reason="expired", at=LATER)
    cake_hold(slot, Work(1, 0, 61))
    assert services.retake_hold(reference=reference, at=LATER) is False
    assert booked(slot) == (1, 1, 0, 61)


def test_work_is_summed_over_sizes():
    box = make_variant(made_to_order=True, pieces=6, oven_minutes=3)
    cake = make_variant(made_to_order=True, oven_minutes=40, decorator_minutes=90)
    sizes = {box.pk: box, cake.pk: cake}
    assert work_of({box.pk: 4, cake.pk: 2}, sizes) == Work(26, 92, 180)
    assert work_of({}, sizes) == Work()


@pytest.mark.parametrize("work", [Work(MAX_WORK + 1, 0, 0), Work(0, 10**12, 0), Work(0, 0, -1)])
def test_absurd_work_is_refused_before_it_overflows_a_column(work):
    error = refused(lambda: cake_hold(make_slot(), work))
    assert (error.status, error.code) == (400, "too_much_work")
    assert not Hold.objects.exists()


# --- limits that staff set -----------------------------------------------------------------------


def set_limit(slot, limit, value):
    return services.set_slot(slot_id=slot.pk, limits={limit: value}, actor="user:1", at=AT)


@pytest.mark.parametrize(
    ("limit", "taken"),
    [(SlotLimit.PIECES, 1), (SlotLimit.OVEN, 40), (SlotLimit.DECORATOR, 60)],
)
def test_a_limit_never_drops_below_what_is_booked(limit, taken):
    slot = make_slot(**LIMITS)
    cake_hold(slot)
    error = refused(lambda: set_limit(slot, limit, taken - 1))
    assert (error.code, error.details) == (
        "slot_booked_beyond",
        {"constraint": limit.value, "booked": taken},
    )
    set_limit(slot, limit, taken)
    assert refused(lambda: cake_hold(slot)).details["constraint"] == limit.value
    set_limit(slot, limit, None)
    cake_hold(slot, Work(1, 40, 0) if limit == SlotLimit.DECORATOR else Work(1, 0, 60))
    changes = AuditEntry.objects.filter(action="set_slot").first().changes
    ((_, (_, after)),) = changes.items()
    assert after is None


@pytest.mark.parametrize("value", [-1, 10**9])
def test_impossible_limits_are_refused(value):
    assert refused(lambda: set_limit(make_slot(), SlotLimit.OVEN, value)).code == "bad_limit"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"pieces_booked": 11}, "slot_pieces_within_limit"),
        ({"oven_booked": 101}, "slot_oven_within_limit"),
        ({"decorator_booked": 121}, "slot_decorator_within_limit"),
        ({"max_decorator_minutes": 10, "decorator_booked": 11}, "slot_decorator_within_limit"),
    ],
)
def test_database_refuses_more_than_a_limit(columns, constraint):
    slot = make_slot(**LIMITS)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Slot.objects.filter(pk=slot.pk).update(**columns)


def test_differences_in_minutes_are_found():
    slot = make_slot(**LIMITS)
    cake_hold(slot)
    Slot.objects.filter(pk=slot.pk).update(decorator_booked=61)
    (row,) = selectors.ledger_differences()
    assert (row.kind, row.subject) == ("slot", slot.pk)
    assert (row.balance, row.ledger) == ((1, 1, 40, 61), (1, 1, 40, 60))


def test_sizes_that_never_fit_are_told_to_staff(console):
    make_slot(hours=24, max_decorator_minutes=120, max_pieces=10)
    make_slot(hours=48, max_decorator_minutes=90, max_pieces=None)
    huge = make_variant(made_to_order=True, decorator_minutes=180, pieces=50)
    make_variant(made_to_order=True, decorator_minutes=120)
    (row,) = selectors.sizes_that_never_fit(at=AT)
    assert row.variant_id == huge.pk
    assert row.why.startswith("needs 180 decorator minutes, the largest pickup time has 120.")
    make_slot(hours=50)
    assert selectors.sizes_that_never_fit(at=AT) == []


def test_staff_set_limits_over_the_api(manager_api):
    slot = make_slot(capacity=3)
    cake_hold(slot)
    address = f"/api/v1/staff/slots/{slot.pk}"
    reply = manager_api.patch(address, {"max_decorator_minutes": 60, "max_pieces": None})
    assert reply.status_code == 200
    assert (reply.json()["max_decorator_minutes"], reply.json()["decorator_booked"]) == (60, 60)
    reply = manager_api.patch(address, {"max_oven_minutes": 39})
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "slot_booked_beyond")
    for wrong in (-1, 10**9, "60", 1.5, True):
        assert manager_api.patch(address, {"max_oven_minutes": wrong}).status_code == 400
    assert Slot.objects.get().max_oven_minutes is None


def test_staff_set_limits_in_the_console(console):
    slot = make_slot(capacity=3)
    cake_hold(slot)
    address = f"/console/inventory/slot/{slot.pk}/change/"
    form = {
        "capacity": "3",
        "max_pieces": "",
        "max_oven_minutes": "",
        "max_decorator_minutes": "90",
    }
    assert console.post(address, form).status_code == 302
    assert Slot.objects.get().max_decorator_minutes == 90
    reply = console.post(address, form | {"max_decorator_minutes": "59"})
    assert "60 are booked already" in reply.content.decode()
    assert console.post(address, form | {"max_decorator_minutes": ""}).status_code == 302
    assert Slot.objects.get().max_decorator_minutes is None
    assert "1 of 3" in console.get("/console/inventory/slot/?when=all").content.decode()
