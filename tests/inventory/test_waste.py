"""Waste: out of stock and into the log by one transaction, with what it had cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog import services as catalog
from apps.inventory import selectors, services
from apps.inventory.models import Stock, StockMove, WasteEntry
from apps.inventory.states import WasteReason
from bakery.kernel.errors import Conflict, Invalid, NotFound
from tests.inventory.factories import AT, bake, hold, make_slot, make_variant

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def waste(variant, quantity: int, reason: str = "stale", **fields) -> WasteEntry:
    return services.log_waste(
        variant_id=variant.pk,
        quantity=quantity,
        reason=reason,
        **{"actor": "user:1", "at": AT} | fields,
    )


def test_waste_leaves_stock_and_keeps_its_cost():
    variant = make_variant(stock=10, unit_cost=Decimal("1.2500"))
    entry = waste(variant, 4, ref="w-1")
    assert waste(variant, 4, ref="w-1").pk == entry.pk
    assert (entry.unit_cost, entry.move.delta_on_hand) == (Decimal("1.2500"), -4)
    catalog.update_variant(variant_id=variant.pk, changes={"unit_cost": Decimal(9)}, at=AT)
    entry.refresh_from_db()
    assert entry.unit_cost == Decimal("1.2500")
    assert Stock.objects.get().on_hand == 6
    assert selectors.ledger_differences() == []


def test_what_is_promised_cannot_be_thrown_away():
    variant = make_variant(stock=5)
    hold({variant.pk: 4}, make_slot())
    with pytest.raises(Conflict) as refused:
        waste(variant, 2)
    assert refused.value.code == "stock_promised"
    assert not WasteEntry.objects.exists()
    assert StockMove.objects.filter(reason="waste").count() == 0


def test_impossible_waste_is_refused():
    variant = make_variant(stock=5)
    for quantity, reason, more in (
        (0, "stale", {}), (-1, "stale", {}), (1.5, "stale", {}), (10**9, "stale", {}),
        (1, "because", {}), (1, "stale", {"lot_code": "nobody's"}),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            waste(variant, quantity, reason, **more)
    with pytest.raises(NotFound):
        services.log_waste(variant_id=10**9, quantity=1, reason="stale", actor="u", at=AT)
    assert Stock.objects.get().on_hand == 5


def test_a_spoilt_cake_is_logged_though_it_has_no_stock():
    cake = make_variant(made_to_order=True, unit_cost=Decimal(20))
    entry = waste(cake, 1, "dropped", ref="w-1")
    assert waste(cake, 1, "dropped", ref="w-1").pk == entry.pk
    assert (entry.move, entry.unit_cost) == (None, Decimal(20))
    assert not Stock.objects.exists()


def test_a_plain_adjustment_for_waste_is_in_the_log_and_undoing_takes_it_out():
    variant = make_variant(stock=5, unit_cost=Decimal(2))
    services.adjust_stock(
        variant_id=variant.pk, delta=-3, reason="damaged", note="wet", actor="user:1", at=AT
    )
    entry = WasteEntry.objects.get()
    assert (entry.quantity, entry.reason, entry.note) == (3, WasteReason.DAMAGED, "wet")
    services.undo_adjustment(move_id=entry.move_id, note="", actor="user:1", at=AT)
    assert sum(WasteEntry.objects.values_list("quantity", flat=True)) == 0
    with pytest.raises(Conflict) as refused:
        services.undo_adjustment(move_id=entry.move_id, note="", actor="user:1", at=AT)
    assert refused.value.code == "already_undone"
    assert Stock.objects.get().on_hand == 5


def test_what_cannot_be_undone():
    variant, slot = make_variant(stock=5), make_slot()
    baked = StockMove.objects.get()
    hold({variant.pk: 1}, slot)
    with pytest.raises(Conflict) as promised:
        services.undo_adjustment(move_id=baked.pk, note="", actor="user:1", at=AT)
    assert promised.value.code == "stock_promised"
    held = StockMove.objects.get(reason="hold")
    with pytest.raises(Invalid) as refused:
        services.undo_adjustment(move_id=held.pk, note="", actor="user:1", at=AT)
    assert refused.value.code == "not_an_adjustment"
    with pytest.raises(NotFound):
        services.undo_adjustment(move_id=10**9, note="", actor="user:1", at=AT)
    assert Stock.objects.get().on_hand == 5


def test_waste_by_day_and_week_of_the_shop():
    variant = make_variant(unit_cost=Decimal("1.50"))
    bake(variant, 20)
    # 23:30 of Monday in the shop is Tuesday already in UTC.
    late = AT.replace(hour=3, minute=30) + DAY
    waste(variant, 2, at=AT)
    waste(variant, 3, "dropped", at=late)
    waste(variant, 1, at=AT + 2 * DAY)
    window = {"since": AT - DAY, "until": AT + 3 * DAY}
    days = selectors.waste_by_period(**window, unit="day")
    assert [(f"{row.starts:%d}", row.pieces, row.value, row.share) for row in days] == [
        ("03", 1, Decimal("1.50"), None),
        ("01", 5, Decimal("7.50"), Decimal("0.2500")),
    ]
    (week,) = selectors.waste_by_period(**window, unit="week")
    assert (f"{week.starts:%m-%d}", week.pieces, week.share) == ("06-01", 6, Decimal("0.3000"))
    assert selectors.waste_by_reason(**window) == [("stale", 3), ("dropped", 3)]


def test_the_api_logs_once_a_key_and_sums(manager_api):
    variant = make_variant(stock=9, unit_cost=Decimal(2))
    body = {"variant_id": variant.pk, "quantity": 2, "reason": "burnt"}
    key = {"HTTP_IDEMPOTENCY_KEY": "k1"}
    first, again = (manager_api.post("/api/v1/staff/waste", body, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert Decimal(first.json()["value"]) == 4
    assert Stock.objects.get().on_hand == 7
    summary = manager_api.get("/api/v1/staff/waste/summary?unit=week&days=7").json()
    assert summary["reasons"] == {"burnt": 2}
    for wrong in ("unit=year", "days=0", "days=x"):
        assert manager_api.get(f"/api/v1/staff/waste/summary?{wrong}").status_code == 400
    for wrong in ({"quantity": 0}, {"quantity": True}, {"reason": "x"}, {"variant_id": "1"}):
        reply = manager_api.post(
            "/api/v1/staff/waste", body | wrong, HTTP_IDEMPOTENCY_KEY=str(wrong)
        )
        assert reply.status_code == 400
    move = StockMove.objects.get(reason="waste")
    reply = manager_api.post(f"/api/v1/staff/stock/moves/{move.pk}/undo", {})
    assert reply.json()["on_hand"] == 9
    assert manager_api.post(f"/api/v1/staff/stock/moves/{move.pk}/undo", {}).status_code == 409
