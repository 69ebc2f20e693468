"""The console's pages of stock, lots, waste and tills."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.inventory import services
from apps.inventory.admin.plots import step_plot
from apps.inventory.models import Lot, Stock, StockMove, TillDelta, WasteEntry
from bakery.edge.spreadsheets import cell
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.inventory.factories import AT, bake, hold, make_slot, make_variant
from tests.inventory.test_lots import ingredient

pytestmark = pytest.mark.django_db
STOCK, LOT = "/console/inventory/stock/", "/console/inventory/lot/"
WASTE, DELTA, TILL = (f"/console/inventory/{name}/" for name in ("wasteentry", "tilldelta", "till"))


def text(reply) -> str:
    assert reply.status_code == 200
    return reply.content.decode()


def adjust(variant, delta, reason="baked"):
    return services.adjust_stock(
        variant_id=variant.pk, delta=delta, reason=reason, note="", actor="user:1", at=clock.now()
    )


def test_one_button_takes_a_size_off_sale_and_one_puts_it_back(console):
    cake = make_variant(made_to_order=True)
    services.mark_sold_out(variant_ids=[cake.pk], sold_out=True, actor="user:1", at=AT)
    page = text(console.get(f"{STOCK}{cake.pk}/history/"))
    assert "Put back on sale" in page
    for value, marked in (("0", False), ("1", True)):
        reply = console.post(f"{STOCK}{cake.pk}/switch/", {"sold_out": value})
        assert reply.status_code == 302
        assert (Stock.objects.get().sold_out_at is not None) is marked
    assert console.get(f"{STOCK}{cake.pk}/switch/").status_code == 405
    rows = {"action": "put_back", "_selected_action": [cake.pk]}
    assert console.post(STOCK, rows).status_code == 302
    assert Stock.objects.get().sold_out_at is None


def test_history_shows_balances_and_undoes(console):
    variant = make_variant()
    adjust(variant, 12)
    adjust(variant, -2, "waste")
    hold({variant.pk: 3}, make_slot())
    page = text(console.get(f"{STOCK}{variant.pk}/history/"))
    assert page.count('aria-label="Undo') == 2
    assert '<path class="line is-1" d="M' in page
    move = StockMove.objects.get(reason="waste")
    assert console.post(f"{STOCK}undo/{move.pk}/").status_code == 302
    assert Stock.objects.get().on_hand == 12
    assert "undone" in text(console.get(f"{STOCK}{variant.pk}/history/"))
    reply = console.post(f"{STOCK}undo/{move.pk}/", follow=True)
    assert "undone before" in text(reply)
    assert console.get(f"{STOCK}999999/history/").status_code == 404


def test_limits_are_set_and_what_is_low_is_listed(console):
    variant = make_variant(stock=3)
    page = text(console.get(f"{STOCK}{variant.pk}/care/"))
    assert "Tell me at" in page
    form = {"low_at": "3", "kept_by": "till"}
    assert console.post(f"{STOCK}{variant.pk}/care/", form).status_code == 302
    assert variant.sku in text(console.get(f"{STOCK}?state=low"))
    assert variant.sku not in text(console.get(f"{STOCK}?state=sold_out"))
    form = {"low_at": "-1", "kept_by": "till"}
    assert "errorlist" in text(console.post(f"{STOCK}{variant.pk}/care/", form))


def test_the_check_says_what_differs(console):
    variant = make_variant(stock=3)
    services.assign_lots(at=AT)
    assert "Every balance is the sum" in text(console.get(f"{STOCK}check/"))
    Stock.objects.filter(pk=variant.pk).update(on_hand=5)
    page = text(console.get(f"{STOCK}check/"))
    assert "2 balances differ" in page


def test_a_lot_goes_from_delivery_to_the_customers_to_call(console, monkeypatch):
    flour = ingredient()
    form = {"ingredient": flour.pk, "code": "F-123", "supplier": "=Mill"}
    assert console.post(f"{LOT}receive/", form).status_code == 302
    variant, slot = make_variant(), make_slot()
    lot = Lot.objects.get()
    form = {"variant": variant.pk, "pieces": 6, "code": "B-1", "used": [lot.pk]}
    assert console.post(f"{LOT}bake/", form).status_code == 302
    reference = hold({variant.pk: 2}, slot)
    services.consume_hold(reference=reference, at=AT)
    page = text(console.get(f"{LOT}{lot.pk}/trace/"))
    assert reference in page
    assert "B-1" in page
    download = console.get(f"{LOT}{lot.pk}/trace/?format=csv")
    assert f"B-1,2,{reference}" in text(download)
    assert AuditEntry.objects.filter(action="export_recall").count() == 1
    assert console.post(f"{LOT}{lot.pk}/recall/", {"reason": "glass"}).status_code == 302
    assert "Recalled" in text(console.get(f"{LOT}{lot.pk}/trace/"))
    assert Stock.objects.get().sold_out_at is not None
    assert "errorlist" in text(console.post(f"{LOT}receive/", {"code": "F-123"}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-3", "-3"), (-3, "-3"), ("@x", "'@x"), (None, ""),
     ("\t=x", "'\t=x"), ("bread", "bread"), ("+1.5", "+1.5"), (" =1", "' =1")],
)  # fmt: skip
def test_cells_never_run(value, expected):
    assert cell(value) == expected


def test_waste_is_logged_once_and_summed(console):
    variant = make_variant()
    adjust(variant, 10)
    form = {"variant": variant.pk, "quantity": 2, "reason": "stale", "lot": "", "ref": "form-1"}
    for _ in range(2):
        assert console.post(f"{WASTE}log/", form).status_code == 302
    assert (WasteEntry.objects.count(), Stock.objects.get().on_hand) == (1, 8)
    page = text(console.get(f"{WASTE}summary/?days=7&unit=week"))
    assert "Stale" in page
    assert "20 %" in page
    assert "2,0.00,2,10,0.2000" in text(console.get(f"{WASTE}summary/?format=csv"))
    form = form | {"quantity": 99, "ref": "form-2"}
    assert "free; the rest is promised" in text(console.post(f"{WASTE}log/", form))


def test_conflicts_are_decided_and_gaps_given_up(console):
    variant = make_variant(stock=1)
    at = clock.now()
    report = {"kind": "sale", "sku": variant.sku, "quantity": 5, "occurred_at": at.isoformat()}
    services.receive_reports(
        till="till-1", reports=[report | {"seq": 1}, report | {"seq": 3}], at=at
    )
    assert "Decide" in text(console.get(DELTA))
    delta = TillDelta.objects.get(seq=1)
    address = f"{DELTA}{delta.pk}/resolve/"
    assert "promised to customers" in text(console.get(address))
    assert "errorlist" in text(console.post(address, {"how": "ignore"}))
    assert "errorlist" in text(console.post(address, {"how": "recount"}))
    assert console.post(address, {"how": "apply"}).status_code == 302
    assert Stock.objects.get().on_hand == 0
    assert "Wait no longer" in text(console.get(TILL))
    gaps = f"{TILL}{delta.till_id}/gaps/"
    assert "never came: 2" in text(console.get(gaps))
    assert console.post(gaps).status_code == 302
    assert TillDelta.objects.get(seq=3).state == "conflict"


def test_turnover_is_shown_and_downloaded(console):
    variant = make_variant(unit_cost="2.00")
    adjust(variant, 10)
    adjust(variant, -2, "waste")
    page = text(console.get(f"{STOCK}turnover/?days=7"))
    assert "2 of 10" in page
    assert variant.sku in text(console.get(f"{STOCK}turnover/?days=7&format=csv"))


@pytest.mark.parametrize(
    "address", [LOT, WASTE, DELTA, TILL, f"{STOCK}turnover/", f"{WASTE}summary/"]
)
def test_pages_cost_the_same_whatever_their_length(console, address, django_assert_max_num_queries):
    def more(number):
        variant = make_variant()
        at = clock.now()
        services.record_bake(
            variant_id=variant.pk, pieces=5, code=f"B-{number}", actor="user:1", at=at,
            best_before=clock.shop_date(at),
        )  # fmt: skip
        adjust(variant, -1, "waste")
        report = {"kind": "sale", "sku": "?", "quantity": 5, "occurred_at": at.isoformat()}
        services.receive_reports(till="till-1", reports=[report | {"seq": number}], at=at)
        services.assign_lots(at=at + timedelta(seconds=1))

    more(1)
    console.get(address)
    with django_assert_max_num_queries(25) as few:
        assert console.get(address).status_code == 200
    for number in range(2, 5):
        more(number)
    with django_assert_max_num_queries(len(few)):
        assert console.get(address).status_code == 200


def test_pages_ask_for_their_permission():
    variant = make_variant(stock=1)
    cashier = people.browser(people.staff("cashier"), verified=True)
    for address in (
        f"{STOCK}{variant.pk}/history/", f"{STOCK}check/", f"{STOCK}turnover/", f"{LOT}bake/",
        f"{WASTE}summary/", f"{STOCK}adjust/", f"{LOT}1/trace/", f"{DELTA}1/resolve/",
    ):  # fmt: skip
        assert cashier.get(address).status_code == 403, address
    assert cashier.get(f"{WASTE}log/").status_code == 200
    assert cashier.post(f"{STOCK}{variant.pk}/switch/", {"sold_out": "1"}).status_code == 302
    assert Stock.objects.get().sold_out_at is not None
    bake(variant, 1)
    assert cashier.post(f"{STOCK}undo/1/").status_code == 403


def test_a_plot_of_one_moment_has_one_label():
    moment = datetime(2030, 3, 1, 12, 0, tzinfo=UTC)
    now = step_plot([("on hand", [(moment, 5)])], zone=UTC)
    day = step_plot([("on hand", [(moment, 5), (moment + timedelta(days=3), 2)])], zone=UTC)
    assert [tick.label for tick in now.x] == ["12:00"]
    assert [tick.label for tick in day.x] == ["01 Mar", "02 Mar", "03 Mar", "04 Mar"]
    assert [tick.at for tick in day.x] == sorted({tick.at for tick in day.x})
