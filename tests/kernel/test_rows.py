"""Plain INSERTs: the same rows as Django's own, under the same constraints."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, models, transaction

from apps.orders.models import Cart, CartLine, Order, OrderLine
from bakery.kernel.models import IdempotencyKey
from bakery.kernel.rows import insert, insert_unless_taken
from tests.orders.factories import make_cake, place

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def key(name="k"):
    return IdempotencyKey(scope="s", key=name, fingerprint="f", body={"Zoë": [1, None]}, at=AT)


def values(row):
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return {name: getattr(row, name) for name in names}


def test_a_row_has_its_key_and_reads_back_as_it_was_written(django_assert_num_queries):
    row = key()
    with django_assert_num_queries(1):
        insert([row])
    assert not row._state.adding
    assert values(IdempotencyKey.objects.get(pk=row.pk)) == values(row)


def test_many_rows_are_one_statement_and_keep_their_order(django_assert_num_queries):
    rows = [key(f"k{number}") for number in range(5)]
    with django_assert_num_queries(1):
        insert(rows)
    assert [IdempotencyKey.objects.get(pk=row.pk).key for row in rows] == [row.key for row in rows]
    with django_assert_num_queries(0):
        insert([])


def test_an_order_written_twice_is_the_same_by_either_way():
    order = place([(make_cake(price="48.00", message=40), 2, "Zoë & Ada")])
    line = order.lines.get()
    copy = Order.objects.get(pk=order.pk)
    copy.pk, copy.number, copy.public_id = None, "B-copy", Cart().id
    insert([copy])
    again = OrderLine.objects.get(pk=line.pk)
    again.pk, again.order = None, copy
    insert([again])
    differing = {"number", "public_id"}
    saved, copied = values(Order.objects.get(pk=order.pk)), values(Order.objects.get(pk=copy.pk))
    assert {name for name in saved if saved[name] != copied[name]} == differing
    saved, copied = values(line), values(OrderLine.objects.get(pk=again.pk))
    assert {name for name in saved if saved[name] != copied[name]} == {"order_id"}
    assert str(copied["line_total"]) == "96.00"


def test_a_constraint_refuses_as_ever():
    cart = Cart(created_at=AT, updated_at=AT)
    insert([cart])
    with pytest.raises(IntegrityError, match="cart_line_quantity"), transaction.atomic():
        insert([CartLine(cart=cart, variant_id=1, quantity=0)])
    insert([key()])
    with pytest.raises(IntegrityError, match="idempotency_once"), transaction.atomic():
        insert([key()])


def test_what_is_taken_is_told_and_the_transaction_goes_on():
    assert insert_unless_taken(key())
    second = key()
    assert not insert_unless_taken(second)
    assert second.pk is None
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_rows_at_once_one_is_new(parallel):
    assert sorted(parallel(8, lambda _: insert_unless_taken(key()))) == [False] * 7 + [True]


def test_a_model_with_a_save_of_its_own_is_refused():
    class Careful(models.Model):
        class Meta:
            app_label = "kernel"
            managed = False

        def __str__(self):
            return "careful"

        def save(self, *args, **kwargs):
            super().save(*args, **kwargs)

    with pytest.raises(TypeError, match="Careful"):
        insert([Careful()])
