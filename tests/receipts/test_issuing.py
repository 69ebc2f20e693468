"""Documents of an order say together what its sale comes to, and their numbers have no gaps."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from apps.orders import services as orders
from apps.orders.models import Cart
from apps.orders.services import EditWish, LineWish
from apps.orders.states import PaymentOutcome, TenderKind
from apps.payments.states import RefundReason
from apps.receipts.events import DocumentIssued
from apps.receipts.models import Document, Series
from apps.receipts.services import settle_documents
from apps.receipts.states import DocumentKind
from bakery.kernel import clock
from bakery.kernel.errors import NotFound
from bakery.kernel.models import OutboxMessage
from tests.loyalty.members import issue
from tests.orders.factories import (
    AT,
    CUSTOMER,
    fill_cart,
    make_cake,
    make_slot,
    make_variant,
    pay,
    place,
    place_paid,
)

LATER = AT + timedelta(hours=1)


def settle(order, at=LATER):
    return settle_documents(order_id=order.pk, at=at)


def said(order) -> dict:
    """What all documents of an order say together: total, tax, and each levy."""
    sums: dict = {"total": Decimal(0), "tax": Decimal(0)}
    for document in Document.objects.filter(order=order):
        sign = -1 if document.kind == DocumentKind.CREDIT_NOTE else 1
        sums["total"] += sign * document.total
        sums["tax"] += sign * document.tax_total
        for row in document.taxes:
            name = f"{row['name']} {Decimal(row['rate']).normalize()}"
            sums[name] = sums.get(name, Decimal(0)) + sign * Decimal(row["amount"])
    return {key: amount for key, amount in sums.items() if amount}


def credit(order, amount, *, lines=(), reference="refund:1", reason=RefundReason.GOODS, at=LATER):
    with transaction.atomic():
        return orders.credit_sale(
            order_id=order.pk,
            reference=reference,
            amount=Decimal(amount),
            lines=lines,
            reason=reason.label,
            actor="user:1",
            at=at,
        )


def edit(order, *lines, at=LATER):
    order.refresh_from_db()
    return orders.edit_order(
        order_id=order.pk,
        wish=EditWish(revision=order.revision, lines=lines),
        actor="user:1",
        reason="the customer called",
        at=at,
    )


@pytest.fixture
def muffins(db):
    return make_variant(price="10.00", stock=50, product_name="Muffin", name="")


def test_first_receipt_is_the_whole_sale(muffins):
    order = place_paid([(muffins, 2, ""), (make_cake(), 1, "")])
    receipt = settle(order)
    assert (receipt.kind, receipt.number, receipt.position) == ("receipt", "R-2026-000001", 1)
    assert (receipt.subtotal, receipt.tax_total, receipt.total) == (
        Decimal("68.00"),
        Decimal("2.60"),
        Decimal("70.60"),
    )
    assert receipt.taxes == [{"name": "HST", "rate": "0.13", "amount": "2.60"}]
    assert receipt.corrects is None
    assert settle(order) is None
    issued = OutboxMessage.objects.filter(kind=DocumentIssued.kind)
    assert issued.values_list("payload__document_id", flat=True).distinct().get() == receipt.pk


def test_nothing_is_issued_before_all_is_paid(muffins):
    order = place([(muffins, 2, "")])
    assert settle(order) is None
    orders.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=Decimal("5.00"),
        ref="slip-1",
        actor="user:1",
        at=AT,
    )
    assert settle(order) is None
    assert not Document.objects.exists()
    assert not Series.objects.exists()


def test_unknown_orders_have_no_documents(db):
    with pytest.raises(NotFound):
        settle_documents(order_id=0, at=AT)


def test_dearer_change_waits_for_its_money(muffins):
    order = place_paid([(muffins, 2, "")])
    first = settle(order)
    edit(order, LineWish(position=1, quantity=3))
    assert settle(order) is None
    order.refresh_from_db()
    orders.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=order.balance,
        ref="slip-2",
        actor="user:1",
        at=LATER,
    )
    second = settle(order)
    assert (second.number, second.total) == ("R-2026-000002", Decimal("11.30"))
    assert said(order) == {
        "total": Decimal("33.90"),
        "tax": Decimal("3.90"),
        "HST 0.13": Decimal("3.90"),
    }
    [row] = second.content["rows"]
    assert (row["text"], row["quantity"], row["net"]) == ("Muffin", 1, "10.00")
    assert second.content["corrects"]["number"] == first.number
    assert second.content["payments"] == [
        {"way": "cash", "on": "2026-11-20", "amount": "11.30", "part": ""}
    ]


def test_cheaper_change_makes_a_credit_note(muffins):
    order = place_paid([(muffins, 3, "")])
    receipt = settle(order)
    edit(order, LineWish(position=1, quantity=1))
    note = settle(order)
    assert (note.kind, note.number, note.total) == (
        "credit_note",
        "C-2026-000001",
        Decimal("22.60"),
    )
    assert note.corrects == receipt
    [row] = note.content["rows"]
    assert (row["quantity"], row["net"], row["tax"], row["code"]) == (2, "20.00", "2.60", "T")
    assert note.content["reasons"] == ["order_edited"]
    assert said(order)["total"] == Decimal("11.30")


def test_fewer_than_six_cost_less_and_are_taxed(muffins):
    """Six singles are free of tax and five are not: the sum falls while the tax rises."""
    order = place_paid([(make_variant(price="3.00", tax_class="sweet_goods"), 6, "")])
    receipt = settle(order)
    assert (receipt.total, receipt.tax_total) == (Decimal("18.00"), Decimal("0.00"))
    edit(order, LineWish(position=1, quantity=5))
    note = settle(order)
    assert (note.kind, note.total) == ("credit_note", Decimal("1.05"))
    assert note.taxes == [{"name": "HST", "rate": "0.13", "amount": "-1.95"}]
    assert said(order) == {
        "total": Decimal("16.95"),
        "tax": Decimal("1.95"),
        "HST 0.13": Decimal("1.95"),
    }


def test_credits_make_credit_notes_until_nothing_is_left(muffins):
    order = place_paid([(muffins, 3, ""), (make_cake(), 1, "")])
    settle(order)
    credit(order, "11.30", lines=(orders.CreditLine(1, 1, Decimal("11.30"), Decimal("1.30")),))
    first = settle(order)
    [row] = first.content["rows"]
    assert (row["text"], row["quantity"], row["net"], row["tax"]) == ("Muffin", 1, "10.00", "1.30")
    assert first.content["reasons"] == ["goods"]
    credit(order, "20.00", reference="refund:2", reason=RefundReason.GOODWILL)
    second = settle(order)
    [row] = second.content["rows"]
    assert (row["kind"], row["quantity"], row["code"]) == ("credit", None, "")
    assert Decimal(row["net"]) + Decimal(row["tax"]) == second.total == Decimal("20.00")
    assert second.content["reasons"] == ["goodwill"]
    credit(order, "50.60", reference="refund:3", reason=RefundReason.FRAUD_WARNING)
    third = settle(order)
    assert third.content["reasons"] == []
    assert (third.number, said(order)) == ("C-2026-000003", {})


def test_cancelled_sale_stands_until_its_money_went_back(muffins):
    order = place_paid([(muffins, 1, "")])
    settle(order)
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="asked", at=LATER)
    assert settle(order) is None
    credit(order, "11.30", reason=RefundReason.ORDER_CANCELLED)
    note = settle(order)
    assert (note.kind, note.content["reasons"]) == (DocumentKind.CREDIT_NOTE, ["order_cancelled"])
    assert said(order) == {}


def test_unpaid_part_of_a_cancelled_order_was_never_sold(muffins):
    order = place_paid([(muffins, 1, "")])
    settle(order)
    edit(order, LineWish(position=1, quantity=4))
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="asked", at=LATER)
    assert settle(order) is None
    credit(order, "11.30", reason=RefundReason.ORDER_CANCELLED)
    note = settle(order)
    assert (note.total, said(order)) == (Decimal("11.30"), {})
    assert sum(Decimal(row["net"]) for row in note.content["rows"]) == note.subtotal


def test_late_answers_meet_one_receipt(muffins):
    """What a handler finds when it runs late is what is so then, in one document."""
    order = place_paid([(muffins, 3, "")])
    edit(order, LineWish(position=1, quantity=2))
    credit(order, "11.30", lines=(orders.CreditLine(1, 1, Decimal("11.30"), Decimal("1.30")),))
    receipt = settle(order)
    assert (receipt.total, settle(order)) == (Decimal("11.30"), None)
    assert sum(Decimal(row["net"]) for row in receipt.content["rows"]) == receipt.subtotal


def test_numbers_begin_anew_each_shop_year(muffins):
    first, second, third = (place_paid([(muffins, 1, "")], ref=f"pi_{n}") for n in range(3))
    new_year = AT.replace(year=2027, month=1, day=1, hour=4)
    assert settle(first).number == "R-2026-000001"
    # Four o'clock in the morning of UTC is still the old year in Toronto.
    assert settle(second, new_year).number == "R-2026-000002"
    assert settle(third, new_year + timedelta(hours=2)).number == "R-2027-000001"


def test_documents_are_never_rewritten(muffins):
    receipt = settle(place_paid([(muffins, 1, "")]))
    for statement in ("UPDATE receipts_document SET total = 0", "DELETE FROM receipts_document"):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert Document.objects.get().total == receipt.total


def test_documents_follow_an_order_by_themselves(muffins, drain_outbox):
    """Paid online, made dearer, paid, made cheaper, a part given back: each is told."""
    year = clock.shop_date(clock.now()).year
    order = place_paid([(muffins, 2, "")])
    drain_outbox()
    edit(order, LineWish(position=1, quantity=3))
    drain_outbox()
    assert list(numbers_of(order)) == [f"R-{year}-000001"]
    assert pay(order, ref="pi_2", amount=1130, at=LATER) == PaymentOutcome.CONFIRMED
    drain_outbox()
    edit(order, LineWish(position=1, quantity=2))
    drain_outbox()
    credit(order, "11.30")
    drain_outbox()
    assert list(numbers_of(order)) == [
        f"R-{year}-000001",
        f"R-{year}-000002",
        f"C-{year}-000001",
        f"C-{year}-000002",
    ]
    order.refresh_from_db()
    assert (order.balance, said(order)["total"]) == (0, order.total - order.credited_total)


def numbers_of(order):
    return (
        Document.objects.filter(order=order).order_by("position").values_list("number", flat=True)
    )


def test_gift_cards_of_a_cancelled_order_are_credited_at_once(muffins, drain_outbox):
    card = issue(amount="5.00")
    cart = fill_cart([(muffins, 1, "")])
    Cart.objects.filter(pk=cart.pk).update(gift_cards=[card.pk])
    order = orders.place_order(
        cart_id=cart.pk, customer=CUSTOMER, slot_id=make_slot().pk, expected_total=None, at=AT
    )
    assert pay(order, amount=630) == PaymentOutcome.CONFIRMED
    receipt = settle(order)
    assert [row["way"] for row in receipt.content["payments"]] == ["gift_card", "online"]
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="asked", at=LATER)
    assert settle(order).total == Decimal("5.00")
    assert said(order)["total"] == Decimal("6.30")


def test_a_deposit_is_told_with_the_rest_that_followed_it(db):
    terms = {
        "name": "half",
        "starts_on": AT.date(),
        "percent": Decimal(50),
        "minimum_total": Decimal(90),
        "balance_days": 2,
        "kept_percent": Decimal(40),
    }
    orders.add_deposit_rule(values=terms, actor="user:1", at=AT)
    order = place([(make_cake(price="100.00"), 1, "")])
    assert pay(order, ref="pi_deposit", amount=5000) == PaymentOutcome.CONFIRMED
    assert settle(order) is None
    assert pay(order, ref="pi_rest", amount=5000, at=LATER) == PaymentOutcome.CONFIRMED
    receipt = settle(order)
    assert receipt.total == Decimal("100.00")
    assert [(row["amount"], row["part"]) for row in receipt.content["payments"]] == [
        ("50.00", "deposit"),
        ("50.00", "balance"),
    ]
