"""What is kept of a deposit: proposed to who decides, with its tax in it, and booked so."""

from datetime import date
from decimal import Decimal

import pytest

from apps.books import selectors as books
from apps.books.selectors.ledger_checks import ledger_findings
from apps.books.selectors.revenue import ledger_sides, revenue
from apps.books.services import post_missing
from apps.orders import services as orders
from apps.orders.rules.tax import LevyShare, tax_kept
from apps.payments import services
from apps.payments.models import RefundRequest
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import ask_deposit, make_cake, make_variant
from tests.payments.factories import place_now

PAGE = "/console/payments/refundrequest/"


@pytest.mark.parametrize(
    ("levies", "kept", "taxes"),
    [
        ({"GST": "0.05"}, "105.00", {"GST": "5.00"}),
        ({"HST": "0.13"}, "113.00", {"HST": "13.00"}),
        ({"HST": "0.15"}, "115.00", {"HST": "15.00"}),
        ({"GST": "0.05", "QST": "0.09975"}, "109.975", {"GST": "5.24", "QST": "9.98"}),
        ({"GST": "0.05", "PST": "0.06"}, "105.00", {"GST": "5.00"}),
        ({}, "50.00", {}),
        ({"HST": "0.13"}, "0.01", {}),
    ],
)
def test_the_tax_is_in_what_is_kept(levies, kept, taxes):
    shares = [LevyShare(name, Decimal(rate), 200 * Decimal(rate)) for name, rate in levies.items()]
    on = date(2026, 5, 1)
    found = tax_kept(Decimal(kept), net=Decimal(200), shares=shares, on=on, currency="CAD")
    assert {share.name: str(share.amount) for share in found} == taxes


def test_half_the_goods_without_tax_halve_it_and_before_its_day_there_is_none():
    shares = [LevyShare("VAT", Decimal("0.2"), Decimal(20))]
    given = {"net": Decimal(200), "shares": shares, "currency": "GBP"}
    assert tax_kept(Decimal(22), on=date(2026, 1, 1), **given)[0].amount == 2
    assert tax_kept(Decimal(22), on=date(2019, 2, 28), **given) == []


def called_off(*, taxed=True, kept="20.00"):
    """Return an order and its request: called off when its rest was due, 30.00 paid in cash."""
    goods = {"price": "100.00", "stock": 5}
    cake = make_variant(tax_class="standard", **goods) if taxed else make_cake(**goods)
    order = ask_deposit(place_now(cake=cake), "30.00", due_at=clock.now(), kept=kept)
    at = clock.now()
    cash = {"kind": "cash", "amount": Decimal("30.00"), "ref": f"slip-{order.pk}"}
    orders.take_tender(order_id=order.pk, **cash, actor="user:1", at=at)
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="no show", at=at)
    for _ in range(2):
        services.request_refunds(order_id=order.pk, by="system", at=at)
    return order, RefundRequest.objects.get(order=order)


def book(order):
    post_missing(at=clock.now())
    today = clock.shop_date(clock.now())
    found = revenue(today, today)
    sides = ledger_sides(found)
    assert all(ours == booked for ours, booked in sides.values()), sides
    assert list(ledger_findings(clock.now())) == []
    sums = {code: str(sum_) for code, sum_ in books.order_balances(order.pk).items() if sum_}
    return sums, {name: str(amount) for name, amount in found.kept_taxes.items()}


def text_of(reply):
    return " ".join(reply.content.decode().split())


@pytest.mark.django_db
def test_what_may_be_kept_is_proposed_and_booked_with_its_tax():
    order, row = called_off()
    (levy,) = order.lines.get().taxes
    tax = str((20 * Decimal(levy["rate"]) / (1 + Decimal(levy["rate"]))).quantize(Decimal("0.01")))
    assert (row.amount, row.may_keep) == (30, 20)
    browser = people.browser(people.staff("administrator"), verified=True)
    note = "Of it <strong>$20.00</strong> may be kept as the deposit"
    page = text_of(browser.get(f"{PAGE}{row.pk}/change/"))
    assert f"{note}, with {levy['name']} ${tax} in it. Then $10.00 goes back." in page
    form = browser.get(f"{PAGE}{row.public_id}/approve/")
    assert note in text_of(form)
    assert 'name="lower_to" value="10.00"' in text_of(form)
    reply = browser.post(f"{PAGE}{row.public_id}/approve/", {"lower_to": "10.00"})
    assert reply.status_code == 303
    page = text_of(browser.get(f"{PAGE}{row.pk}/change/"))
    assert f"$20.00, with {levy['name']} ${tax} in it" in page
    assert note not in page
    sums, taxes = book(order)
    assert taxes == {levy["name"]: tax}
    assert sums == {
        "1000": "30.00",
        "2000": "-10.00",
        f"2100.{levy['name']}": f"-{tax}",
        "4050": str(Decimal(tax) - 20),
    }


@pytest.mark.django_db
def test_all_of_it_is_kept_by_a_rejection_and_cakes_without_tax_stay_so():
    order, row = called_off(taxed=False, kept="30.00")
    browser = people.browser(people.staff("administrator"), verified=True)
    page = text_of(browser.get(f"{PAGE}{row.public_id}/reject/"))
    assert "<strong>$30.00</strong> may be kept as the deposit, without tax. To keep all" in page
    assert 'value="0' not in text_of(browser.get(f"{PAGE}{row.public_id}/approve/"))
    services.reject_refund(public_id=row.public_id, by="user:2", note="Late.", at=clock.now())
    assert book(order) == ({"1000": "30.00", "4050": "-30.00"}, {})


@pytest.mark.django_db
def test_a_rejection_of_taxed_goods_owes_tax_on_all_that_is_kept():
    order, row = called_off()
    services.reject_refund(public_id=row.public_id, by="user:2", note="Late.", at=clock.now())
    (levy,) = order.lines.get().taxes
    rate = Decimal(levy["rate"])
    sums, taxes = book(order)
    assert taxes == {levy["name"]: str((30 * rate / (1 + rate)).quantize(Decimal("0.01")))}
    assert Decimal(sums["4050"]) == Decimal(taxes[levy["name"]]) - 30
