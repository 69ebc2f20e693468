"""Low stock: told once for each dip of what is free, however it came about."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory import selectors, services
from apps.inventory.models import Stock
from apps.inventory.rules.low_stock import rearm_above
from apps.inventory.services import low_stock
from apps.notifications.models import Message
from bakery.kernel.errors import Invalid
from bakery.kernel.models import OutboxMessage
from tests.inventory.factories import AT, bake, hold, make_slot, make_variant
from tests.inventory.guards import Meeting


@pytest.fixture(autouse=True)
def _mailboxes(settings):
    settings.STOCK_EMAILS = ["baker@example.com"]


def watched(*, stock: int, low_at: int):
    variant = make_variant(stock=stock)
    services.set_low_limit(variant_id=variant.pk, low_at=low_at, actor="user:1", at=AT)
    return variant


def look(minutes: int = 0) -> int:
    return services.watch_stock(at=AT + timedelta(minutes=minutes))


def dips() -> int:
    return OutboxMessage.objects.filter(kind="inventory.ran_low").count()


@pytest.mark.django_db
def test_a_dip_of_what_is_free_is_told_once_by_mail(drain_outbox):
    variant, slot = watched(stock=10, low_at=4), make_slot()
    hold({variant.pk: 5}, slot)
    assert look() == 0
    reference = hold({variant.pk: 1}, slot)
    assert [look(1), look(2)] == [1, 0]
    hold({variant.pk: 2}, slot)
    assert look(3) == 0
    drain_outbox()
    mail = Message.objects.get()
    assert (mail.recipient, mail.context["available"]) == ("baker@example.com", 4)
    assert [stock.pk for stock in selectors.low_stock()] == [variant.pk]
    services.release_hold(reference=reference, reason="expired", at=AT)
    assert (look(4), dips()) == (0, 1)


@pytest.mark.django_db
def test_it_is_armed_again_only_well_above_the_limit():
    variant = watched(stock=12, low_at=10)
    bake(variant, -2)
    assert dips() == 1
    bake(variant, 2)
    bake(variant, -1)
    assert dips() == 1, "12 is not above 10 and a fifth of it"
    bake(variant, 2)
    assert Stock.objects.get().low_since is None
    services.adjust_stock(
        variant_id=variant.pk, delta=-5, reason="waste", note="", actor="user:1",
        at=AT + timedelta(hours=1),
    )  # fmt: skip
    assert dips() == 2


@pytest.mark.django_db
@given(st.integers(0, 100_000), st.integers(0, 200))
def test_the_database_arms_again_where_the_rule_says(low_at, percent):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + greatest(1, ceil(%s * %s / 100.0))", [low_at, low_at, percent])
        assert int(cursor.fetchone()[0]) == rearm_above(low_at, percent=percent) > low_at


@pytest.mark.django_db
def test_every_path_of_our_own_tells_at_once():
    for number, lower in enumerate((
        lambda variant: bake(variant, -4),
        lambda variant: services.log_waste(
            variant_id=variant.pk, quantity=4, reason="stale", actor="user:1", at=AT
        ),
        lambda variant: services.receive_reports(
            till="till-1",
            reports=[{
                "seq": 1, "kind": "sale", "sku": variant.sku, "quantity": 4,
                "occurred_at": AT.isoformat(),
            }],
            at=AT,
        ),
        lambda variant: services.set_low_limit(
            variant_id=variant.pk, low_at=6, actor="user:1", at=AT
        ),
    ), start=1):  # fmt: skip
        lower(watched(stock=6, low_at=2))
        assert dips() == number


@pytest.mark.django_db
def test_what_is_off_sale_or_not_watched_is_not_told():
    variant = watched(stock=6, low_at=2)
    services.mark_sold_out(variant_ids=[variant.pk], sold_out=True, actor="user:1", at=AT)
    bake(variant, -5)
    bake(make_variant(stock=6), -6)
    assert (look(), dips()) == (0, 0)
    services.mark_sold_out(variant_ids=[variant.pk], sold_out=False, actor="user:1", at=AT)
    assert dips() == 1
    services.set_low_limit(variant_id=variant.pk, low_at=None, actor="user:1", at=AT)
    assert Stock.objects.get(pk=variant.pk).low_since is None


@pytest.mark.django_db
@pytest.mark.parametrize("low_at", [-1, 10**6, 1.5, "3", True])
def test_impossible_limits_are_refused(low_at, manager_api):
    variant = make_variant(stock=1)
    with pytest.raises(Invalid):
        services.set_low_limit(variant_id=variant.pk, low_at=low_at, actor="user:1", at=AT)
    address = f"/api/v1/staff/stock/{variant.pk}"
    assert manager_api.patch(address, {"low_at": low_at}).status_code == 400


@pytest.mark.django_db
def test_the_api_sets_limits_and_lists_what_is_low(manager_api):
    variant = make_variant(stock=3)
    address = f"/api/v1/staff/stock/{variant.pk}"
    reply = manager_api.patch(address, {"low_at": 3, "kept_by": "till"}).json()
    assert (reply["low_at"], reply["kept_by"], reply["available"]) == (3, "till", 3)
    assert [row["sku"] for row in manager_api.get("/api/v1/staff/stock/low").json()] == [
        variant.sku
    ]
    assert manager_api.patch(address, {"low_at": None}).json()["low_since"] is None
    assert manager_api.patch(address, {}).status_code == 400
    assert manager_api.patch("/api/v1/staff/stock/999999", {"low_at": 1}).status_code == 404


# --- 20 sales at once ----------------------------------------------------------------------------


def sell_and_look(parallel, variant, slot):
    def sale(number):
        hold({variant.pk: 1}, slot)
        services.watch_stock(at=AT + timedelta(seconds=number))

    assert set(parallel(20, sale)) == {None}


@pytest.mark.django_db(transaction=True)
def test_20_sales_at_once_are_one_dip(parallel):
    variant, slot = watched(stock=30, low_at=20), make_slot()
    sell_and_look(parallel, variant, slot)
    assert dips() == 1
    assert Stock.objects.get().low_since is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.control
def test_control_who_looks_before_writing_tells_it_again(parallel, monkeypatch):
    """The guard is that one UPDATE both asks and marks; here the two are apart."""
    variant, slot = watched(stock=30, low_at=20), make_slot()
    meeting = Meeting(parties=20, seconds=5)
    monkeypatch.setattr(low_stock, "_DIPS", low_stock._DIPS.replace("AND low_since IS NULL", ""))
    note = low_stock._note

    def look_then_write(ids, *, at):
        new = Stock.objects.filter(low_since=None).exists()
        meeting.wait()
        return note(ids, at=at) if new else 0

    monkeypatch.setattr(low_stock, "_note", look_then_write)
    sell_and_look(parallel, variant, slot)
    assert dips() > 1
