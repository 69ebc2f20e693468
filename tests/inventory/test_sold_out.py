"""The switch: off sale from its commit on, stocked or made to order, and back by one call."""

import threading

import pytest
from django.db import connection

from apps.inventory import selectors, services
from apps.inventory.models import Stock
from apps.inventory.services import hold_pools
from apps.orders.selectors import cart_view
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.models import AuditEntry
from tests.harness import patience
from tests.inventory.factories import AT, hold, make_slot, make_variant
from tests.orders import factories as orders


def switch(*variants, sold_out: bool = True) -> list[int]:
    return services.mark_sold_out(
        variant_ids=[variant.pk for variant in variants],
        sold_out=sold_out,
        actor="user:1",
        at=AT,
        reason="oven broke",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("made_to_order", [True, False])
def test_marked_goods_cannot_be_had_until_they_are_put_back(made_to_order):
    variant = make_variant(made_to_order=made_to_order, stock=None if made_to_order else 9)
    slot = make_slot()
    before = selectors.available([variant.pk])
    assert switch(variant) == [variant.pk]
    assert switch(variant) == []
    assert selectors.available([variant.pk]) == {variant.pk: 0}
    with pytest.raises(Conflict) as refused:
        hold({variant.pk: 1}, slot)
    assert refused.value.code == "out_of_stock"
    assert refused.value.details["lines"] == [
        {"variant_id": variant.pk, "requested": 1, "available": 0, "code": "sold_out"}
    ]
    assert switch(variant, sold_out=False) == [variant.pk]
    assert selectors.available([variant.pk]) == before
    hold({variant.pk: 1}, slot)
    actions = list(AuditEntry.objects.order_by("seq").values_list("action", "reason"))
    assert actions[-2:] == [("mark_sold_out", "oven broke"), ("put_back_on_sale", "oven broke")]
    assert selectors.ledger_differences() == []


@pytest.mark.django_db
def test_what_was_promised_before_stays_promised():
    variant, slot = make_variant(stock=5), make_slot()
    reference = hold({variant.pk: 2}, slot)
    switch(variant)
    services.consume_hold(reference=reference, at=AT)
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (3, 0)
    late = hold_and_lose(make_variant(stock=5), slot)
    assert services.retake_hold(reference=late, at=AT) is False


def hold_and_lose(variant, slot) -> str:
    reference = hold({variant.pk: 2}, slot)
    services.release_hold(reference=reference, reason="expired", at=AT)
    switch(variant)
    return reference


@pytest.mark.django_db
def test_a_cart_says_so_at_its_next_reading():
    cake = make_variant(made_to_order=True)
    cart = orders.fill_cart([(cake, 1, "")]).pk
    assert cart_view(cart, at=AT).orderable
    switch(cake)
    (line,) = cart_view(cart, at=AT).lines
    assert line.problem.code == "sold_out"


@pytest.mark.django_db
def test_the_api_marks_a_size_or_a_whole_product(manager_api):
    variant = make_variant(stock=3)
    size = f"/api/v1/staff/stock/{variant.pk}/sold-out"
    product = f"/api/v1/staff/products/{variant.product_id}/sold-out"
    assert manager_api.post(size, {"sold_out": True}).json() == {"changed": [variant.pk]}
    assert manager_api.post(product, {"sold_out": True}).json() == {"changed": []}
    assert manager_api.post(product, {"sold_out": False}).json() == {"changed": [variant.pk]}
    for body in ({}, {"sold_out": "perhaps"}, {"sold_out": None}, []):
        assert manager_api.post(size, body).status_code == 400
    for number in (999_999, 2**80):
        address = f"/api/v1/staff/stock/{number}/sold-out"
        assert manager_api.post(address, {"sold_out": True}).status_code == 404
    with pytest.raises(NotFound):
        services.mark_product_sold_out(product_id=10**9, sold_out=True, actor="user:1", at=AT)


@pytest.mark.django_db
def test_the_shop_says_so_at_once(client):
    variant = make_variant(stock=3)
    address = f"/api/v1/products/{variant.product.slug}"
    first = client.get(address)
    switch(variant)
    second = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert second.json()["variants"][0]["availability"] == "out_of_stock"


# --- the switch against a checkout ---------------------------------------------------------------


def race(parallel, variant, slot, monkeypatch):
    """Let a checkout get its goods and wait before its commit; meanwhile the switch is used."""
    taken, done = threading.Event(), threading.Event()
    move_goods = hold_pools.move_goods

    def move_and_wait(*args, **kwargs):
        result = move_goods(*args, **kwargs)
        taken.set()
        done.wait(patience())
        return result

    monkeypatch.setattr("apps.inventory.services.holds.move_goods", move_and_wait)

    def work(number):
        if number == 0:
            hold({variant.pk: 1}, slot, reference="first")
            return
        assert taken.wait(60)
        switch(variant)
        done.set()
        return

    assert parallel(2, work) == [None, None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("made_to_order", [True, False])
def test_the_switch_waits_for_a_checkout_that_saw_it_on_sale(parallel, monkeypatch, made_to_order):
    variant = make_variant(made_to_order=made_to_order, stock=None if made_to_order else 9)
    switch(variant)
    switch(variant, sold_out=False)
    slot = make_slot()
    order = watch_order(monkeypatch)
    race(parallel, variant, slot, monkeypatch)
    # The checkout was there first: its commit came before the switch's, and nothing after it.
    assert order == ["checkout", "switch"]
    with pytest.raises(Conflict):
        hold({variant.pk: 1}, slot)


@pytest.mark.django_db(transaction=True)
@pytest.mark.control
def test_control_without_the_lock_the_switch_overtakes_the_checkout(parallel, monkeypatch):
    variant, slot = make_variant(made_to_order=True), make_slot()
    switch(variant)
    switch(variant, sold_out=False)
    monkeypatch.setattr(hold_pools, "_SHARED", hold_pools._SHARED.replace("FOR SHARE", ""))
    order = watch_order(monkeypatch)
    race(parallel, variant, slot, monkeypatch)
    assert order == ["switch", "checkout"]


def watch_order(monkeypatch) -> list[str]:
    """Note who commits when: each notes itself as its transaction ends."""
    order: list[str] = []
    place, mark = services.holds.take_hold, services.sold_out.audit.record

    def take(**kwargs):
        connection.on_commit(lambda: order.append("checkout"))
        return place(**kwargs)

    def record(**kwargs):
        connection.on_commit(lambda: order.append("switch"))
        return mark(**kwargs)

    monkeypatch.setattr(services.holds, "take_hold", take)
    monkeypatch.setattr(services.sold_out.audit, "record", record)
    return order
