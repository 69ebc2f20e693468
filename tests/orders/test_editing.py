"""Orders that change after they were placed: what it takes and costs, who may, until when."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from apps.catalog.models import Variant
from apps.catalog.states import TaxClass
from apps.inventory.models import Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.loyalty.selectors import Held, PointsSpend
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Order, OrderEdit, OrderLine
from apps.orders.services import EditWish, LineWish, PaymentOutcome, edit_plan
from apps.orders.states import OrderStatus, TenderKind
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.orders.factories import (
    AT,
    make_cake,
    make_slot,
    make_variant,
    pay,
    place,
    place_paid,
)

pytestmark = pytest.mark.django_db
STAFF = "user:1"
S = OrderStatus


def keep(position, quantity, message=None):
    return LineWish(position=position, quantity=quantity, message=message)


def add(variant, quantity, message=""):
    return LineWish(variant_id=variant.pk, quantity=quantity, message=message)


def edit(order, *lines, slot=None, actor=STAFF, at=AT, revision=None, preview=False, **options):
    """Change an order (or look at what a change would be), as of the revision it has."""
    seen = Order.objects.get(pk=order.pk).revision if revision is None else revision
    wish = EditWish(revision=seen, lines=lines or None, slot_id=slot.pk if slot else None)
    act = services.preview_edit if preview else services.edit_order
    result = act(order_id=order.pk, wish=wish, actor=actor, at=at, **options)
    order.refresh_from_db()
    return result


def refused(order, *lines, **options) -> DomainError:
    with pytest.raises(DomainError) as error:
        edit(order, *lines, **options)
    return error.value


def owed_events():
    return [
        row.payload["amount"]
        for row in OutboxMessage.objects.filter(kind="orders.refund_owed").order_by("pk")
    ]


# --- lines and their prices ----------------------------------------------------------------------


def test_pieces_that_stay_keep_their_price_and_more_cost_what_they_cost_today():
    bun = make_variant(price="2.00", stock=20)
    order = place([(bun, 3, "")])
    Variant.objects.filter(pk=bun.pk).update(price=Decimal("2.50"))
    edit(order, keep(1, 2))
    assert order.subtotal == Decimal("4.00")
    edit(order, keep(1, 5))
    rows = OrderLine.objects.filter(order=order).values_list("position", "quantity", "unit_price")
    assert list(rows) == [(1, 2, Decimal("2.00")), (2, 3, Decimal("2.50"))]
    assert order.subtotal == Decimal("11.50")
    assert order.total == order.subtotal + order.tax_total
    edit(order, keep(1, 2), keep(2, 4))
    assert OrderLine.objects.get(order=order, position=2).quantity == 4
    assert Stock.objects.get(pk=bun.pk).reserved == 6
    assert ledger_differences() == []


def test_adding_the_sixth_muffin_frees_all_six_from_tax_and_says_so():
    muffin = make_variant(price="3.00", stock=20, tax_class=TaxClass.SWEET_GOODS)
    order = place_paid([(muffin, 5, "")])
    assert order.tax_total == Decimal("1.95")
    result = edit(order, keep(1, 6))
    assert (order.tax_total, order.total) == (0, Decimal("18.00"))
    assert OrderLine.objects.get(order=order).tax_note.startswith("6 ")
    assert result.delta == Decimal("1.05") == result.due
    edit(order, keep(1, 5))
    assert order.tax_total == Decimal("1.95")
    assert order.balance == 0


def test_lines_come_and_go_and_the_rest_of_the_order_follows():
    bun = make_variant(price="2.00", stock=20, product_name="Bun")
    cake = make_cake(stock=5, message=60)
    order = place_paid([(bun, 3, "")])
    assert not order.has_cake
    before = order.fires_at
    Variant.objects.filter(pk=cake.pk).update(oven_minutes=60, decorator_minutes=30)
    result = edit(order, keep(1, 1), add(cake, 1, "No nuts! Allergic"))
    assert (order.has_cake, order.allergy_flag, order.revision) == (True, True, 1)
    assert before - order.fires_at == timedelta(minutes=90)
    assert result.changes == [
        "Added: 1 x Carrot cake, 8 inch “No nuts! Allergic”",
        "Bun, piece: 1 instead of 3",
    ]
    event = BoardEvent.objects.order_by("seq").last()
    assert (event.kind, event.payload["changed"]) == ("changed", result.changes)
    edit(order, keep(1, 1))
    assert (order.has_cake, order.allergy_flag, order.fires_at) == (False, False, before)
    assert Stock.objects.get(pk=cake.pk).on_hand == 5
    assert Slot.objects.get(pk=order.slot_id).oven_booked == 0
    assert ledger_differences() == []


def test_a_message_changes_alone_and_is_checked():
    cake = make_cake(stock=1, message=12)
    order = place_paid([(cake, 1, "Ada, 30")])
    edit(order, keep(1, 1, "Ada, 31 🎂"))
    assert OrderLine.objects.get(order=order).message == "Ada, 31 🎂"
    assert refused(order, keep(1, 1, "much too long a message")).details["lines"] == [
        {
            "line": 1,
            "variant_id": cake.pk,
            "code": "message_too_long",
            "message": "The message has 23 characters; 12 fit.",
        }
    ]
    plain = make_variant(stock=1)
    assert refused(order, keep(1, 1), add(plain, 1, "x")).details["lines"][0]["code"] == (
        "message_not_offered"
    )


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "nothing_changed"),
        ([keep(1, 2)], "nothing_changed"),
        ([keep(2, 1)], "unknown_line"),
        ([keep(1, 1), keep(1, 1)], "named_twice"),
        ([LineWish(quantity=1)], "bad_line"),
        ([LineWish(quantity=1, position=1, variant_id=1)], "bad_line"),
        ([keep(1, 0)], "bad_quantity"),
        ([keep(1, 501)], "bad_quantity"),
        ([keep(1, 1), LineWish(variant_id=2**62, quantity=1)], "archived"),
        ([keep(1, 5)], "over_limit"),
    ],
)
def test_what_cannot_be_a_change_is_refused_with_a_code(lines, code):
    order = place([(make_variant(stock=600, limit=4), 2, "")])
    error = refused(order, *lines)
    codes = [error.code, *(line["code"] for line in error.details.get("lines", ()))]
    assert code in codes
    assert (order.revision, OrderEdit.objects.count()) == (0, 0)


def test_an_order_does_not_become_empty_or_enormous():
    bun = make_variant(price="900.00", stock=600)
    order = place([(bun, 1, "")])
    with pytest.raises(Invalid) as empty:
        services.edit_order(
            order_id=order.pk, wish=EditWish(revision=0, lines=()), actor=STAFF, at=AT
        )
    assert empty.value.code == "order_empty"
    assert refused(order, keep(1, 200)).code == "total_too_large"
    others = [make_variant(stock=1) for _ in range(50)]
    assert refused(order, keep(1, 1), *(add(x, 1) for x in others)).code == "too_many_lines"


def test_what_is_not_sold_any_more_may_stay_and_shrink_but_not_grow():
    bun = make_variant(price="2.00", stock=9, limit=9)
    order = place([(bun, 5, "")])
    Variant.objects.filter(pk=bun.pk).update(archived_at=AT, per_order_limit=1)
    edit(order, keep(1, 4))
    assert refused(order, keep(1, 5)).details["lines"][0]["code"] == "archived"
    assert Stock.objects.get(pk=bun.pk).reserved == 4


# --- stock, time and capacity --------------------------------------------------------------------


def test_what_is_short_is_refused_in_words_and_nothing_changes():
    bun = make_variant(stock=4, product_name="Bun")
    order = place_paid([(bun, 3, "")])
    error = refused(order, keep(1, 5))
    assert (error.code, error.status) == ("out_of_stock", 409)
    assert "Bun, piece: only 1 left." in error.message
    assert (order.revision, order.balance) == (0, 0)
    assert OrderLine.objects.get(order=order).quantity == 3
    assert ledger_differences() == []


def test_a_preview_tells_everything_and_changes_nothing():
    bun = make_variant(price="2.00", stock=4)
    order = place_paid([(bun, 3, "")])
    tables = (Stock, Slot, Order, OrderLine, OrderEdit, OutboxMessage, BoardEvent, AuditEntry)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    result = edit(order, keep(1, 4), preview=True)
    assert (result.delta, result.due, result.owed) == (Decimal("2.26"), Decimal("2.26"), 0)
    assert result.problems == ()
    less = edit(order, keep(1, 1), preview=True)
    assert (less.delta, less.due, less.owed) == (Decimal("-4.52"), 0, Decimal("4.52"))
    (problem,) = edit(order, keep(1, 9), preview=True).problems
    assert problem["code"] == "out_of_stock"
    assert before == [list(table.objects.order_by("pk").values()) for table in tables]


def test_the_pickup_stays_what_it_was_whatever_else_changes():
    bun = make_variant(stock=50)
    order = place_paid([(bun, 3, "")], slot=make_slot(AT + timedelta(days=9)))
    named = ("slot_id", "pickup_starts_at", "pickup_ends_at", "pickup_local", "zone")
    before = [getattr(order, name) for name in named]
    for quantity in (4, 2, 7):
        edit(order, keep(1, quantity), at=AT + timedelta(days=quantity))
        assert [getattr(order, name) for name in named] == before
    edit(order, add(make_variant(stock=1), 1))
    assert [getattr(order, name) for name in named] == before


def test_another_pickup_time_takes_its_place_there():
    order = place_paid([(make_variant(stock=5), 2, "")])
    old, new = order.slot_id, make_slot(AT + timedelta(days=8), capacity=1)
    result = edit(order, slot=new)
    assert (order.slot_id, order.pickup_starts_at) == (new.pk, new.starts_at)
    assert order.pickup_local.startswith("Saturday 28 November 2026")
    assert [Slot.objects.get(pk=pk).booked for pk in (old, new.pk)] == [0, 1]
    assert result.changes == ["Pickup is now Sat 28 Nov 10:00, was Fri 27 Nov 10:00"]
    other = place([(make_variant(stock=1), 1, "")])
    assert refused(other, slot=new).code == "slot_full"
    assert refused(other, slot=Slot(pk=10**9)).code == "slot_unknown"
    past = make_slot(AT - timedelta(days=1))
    assert refused(other, slot=past).code in {"slot_past", "lead_time"}


def test_what_is_added_needs_its_time_and_what_stays_does_not():
    quick = make_variant(stock=50)
    slow = make_variant(stock=50, lead_hours=48)
    order = place_paid([(quick, 1, ""), (slow, 1, "")])
    late = order.pickup_starts_at - timedelta(hours=47)
    edit(order, keep(1, 2), keep(2, 1), at=late)
    assert refused(order, keep(1, 2), keep(2, 2), at=late).code == "lead_time"
    later = make_slot(order.pickup_starts_at + timedelta(hours=2))
    sooner = make_slot(order.pickup_starts_at - timedelta(hours=2))
    assert refused(order, slot=sooner, at=late).code == "lead_time"
    edit(order, slot=later, at=late)


def test_an_event_that_does_not_fit_the_new_day_is_asked_about():
    order = place_paid()
    Order.objects.filter(pk=order.pk).update(event_on=AT.date() + timedelta(days=7))
    wish = EditWish(revision=0, slot_id=make_slot(AT + timedelta(days=9)).pk)
    result = services.preview_edit(order_id=order.pk, wish=wish, actor=STAFF, at=AT)
    assert "too late" in result.question


# --- who, and until when -------------------------------------------------------------------------


def test_a_customer_changes_what_has_not_begun():
    cake = make_cake(stock=5, lead_hours=72)
    bun = make_variant(stock=9)
    order = place_paid([(cake, 1, ""), (bun, 1, "")])
    edit(order, keep(1, 1), keep(2, 2), actor="customer", at=AT)
    late = order.pickup_starts_at - timedelta(hours=71)
    error = refused(order, keep(1, 2), keep(2, 2), actor="customer", at=late)
    assert (error.code, error.details) == ("not_editable", {"why": "lead_time"})
    edit(order, keep(1, 1), keep(2, 3), actor="customer", at=late)
    new = make_slot(order.pickup_starts_at + timedelta(days=1))
    assert refused(order, slot=new, actor="customer", at=late).code == "not_editable"
    assert refused(order, keep(2, 1), actor="customer", at=order.fires_at).code == "not_editable"


def test_staff_change_what_is_in_production_and_say_why():
    bun = make_variant(price="2.00", stock=9)
    order = place_paid([(bun, 3, "")])
    services.start_production(order_id=order.pk, actor=STAFF, at=AT)
    assert refused(order, keep(1, 2)).code == "reason_missing"
    assert refused(order, keep(1, 2), actor="customer").code == "not_editable"
    edit(order, keep(1, 2), reason="customer called")
    # What was made does not go back on the shelf.
    assert Stock.objects.get(pk=bun.pk).on_hand == 6
    entry = AuditEntry.objects.get(action="order.edit")
    assert (entry.actor, entry.reason) == (STAFF, "customer called")
    assert entry.changes["total"] == ["6.78", "4.52"]


def test_an_order_that_was_changed_meanwhile_is_shown_again():
    order = place_paid([(make_variant(stock=9), 3, "")])
    edit(order, keep(1, 4))
    error = refused(order, keep(1, 5), revision=0)
    assert (error.code, error.status, error.details) == ("stale_order", 409, {"revision": 1})
    assert refused(order, keep(1, 5), expected_total=Decimal("1.00")).code == "price_changed"
    edit(order, keep(1, 5), expected_total=Decimal("56.50"))


def test_an_unpaid_order_whose_time_is_over_is_not_changed():
    order = place([(make_variant(stock=9), 3, "")])
    assert refused(order, keep(1, 4), at=order.hold_expires_at).code == "order_expired"


# --- money ---------------------------------------------------------------------------------------


def test_what_becomes_dearer_is_left_to_pay_and_what_is_paid_is_not_paid_twice():
    bun = make_variant(price="10.00", stock=20)
    order = place_paid([(bun, 1, "")])
    edit(order, keep(1, 3))
    assert (order.status, order.balance) == (S.PAID, Decimal("22.60"))
    services.start_production(order_id=order.pk, actor=STAFF, at=AT)
    services.mark_ready(order_id=order.pk, actor=STAFF, at=AT)
    with pytest.raises(Conflict) as due:
        services.mark_collected(
            order_id=order.pk, proof=services.Proof(reason="x"), actor=STAFF, at=AT
        )
    assert due.value.code == "balance_due"
    assert pay(order, ref="pi_2", amount=2260) == PaymentOutcome.CONFIRMED
    assert pay(order, ref="pi_2", amount=2260) == PaymentOutcome.ALREADY_CONFIRMED
    assert pay(order, ref="pi_3", amount=2260) == PaymentOutcome.SECOND_PAYMENT
    order.refresh_from_db()
    assert (order.balance, order.paid_total) == (0, order.total)


def test_what_was_paid_too_much_is_owed_once_a_change():
    bun = make_variant(price="10.00", stock=20)
    order = place_paid([(bun, 3, "")])
    edit(order, keep(1, 1))
    edit(order, keep(1, 2))
    edit(order, keep(1, 1))
    assert owed_events() == ["22.60"]
    assert (order.balance, order.refunded_total) == (0, Decimal("22.60"))
    assert [row.owed for row in OrderEdit.objects.order_by("revision")] == [Decimal("22.60"), 0, 0]


def test_an_unpaid_order_changes_its_price_and_the_old_amount_is_no_payment():
    bun = make_variant(price="10.00", stock=20)
    order = place([(bun, 3, "")])
    old = int(order.total * 100)
    edit(order, keep(1, 2))
    assert (order.status, order.refunded_total, owed_events()) == (S.PENDING_PAYMENT, 0, [])
    assert pay(order, amount=old) == PaymentOutcome.MISMATCH
    assert BoardEvent.objects.count() == 0


def test_an_unpaid_order_that_its_part_payment_covers_becomes_paid():
    bun = make_variant(price="10.00", stock=20)
    order = place([(bun, 3, "")])
    services.take_tender(
        order_id=order.pk, kind=TenderKind.CASH, amount=Decimal("12.00"), ref="slip-1",
        actor=STAFF, at=AT,
    )  # fmt: skip
    edit(order, keep(1, 1))
    assert (order.status, order.balance) == (S.PAID, 0)
    assert owed_events() == ["0.70"]
    assert Stock.objects.get(pk=bun.pk).on_hand == 19
    assert ledger_differences() == []


def test_what_an_order_holds_of_the_bank_only_shrinks(monkeypatch):
    """Points and gift cards stay what they were, or pay less; the bank is told."""
    told = []
    held = Held(PointsSpend(7, 500, Decimal("5.00")))
    monkeypatch.setattr(edit_plan.loyalty, "held_by", lambda _: held)
    monkeypatch.setattr("apps.loyalty.selectors.points_for", lambda amount: int(amount * 100))
    monkeypatch.setattr("apps.loyalty.selectors.points_worth", lambda n: Decimal(n) / 100)
    monkeypatch.setattr(
        "apps.orders.services.editing.bank.amend", lambda **what: told.append(what["spend"])
    )
    bun = make_variant(price="2.00", stock=20)
    order = place([(bun, 5, "")])
    Order.objects.filter(pk=order.pk).update(points_spent=500)
    edit(order, keep(1, 6))
    assert (order.points_spent, order.discount_total) == (500, Decimal("5.00"))
    edit(order, keep(1, 1))
    assert (order.points_spent, order.discount_total, order.total) == (200, Decimal("2.00"), 0)
    assert [spend.points.points for spend in told] == [500, 200]
    # Nothing is left to pay.
    assert order.status == S.PAID


# --- what is told --------------------------------------------------------------------------------


def test_each_change_is_kept_and_on_the_timeline_and_the_last_is_mailed(
    sandbox, drain_outbox, mailoutbox
):
    order = place_paid([(make_variant(price="10.00", stock=20, product_name="Bun"), 3, "")])
    edit(order, keep(1, 1), reason="called")
    edit(order, keep(1, 4))
    drain_outbox()
    (mail,) = Message.objects.filter(template="orders/mail/order_changed")
    assert mail.context["changes"] == ["Bun, piece: 4 instead of 1"]
    assert (mail.context["due"], mail.context["owed"]) == ("$33.90", "")
    (sent,) = (mail for mail in mailoutbox if "was changed" in mail.subject)
    assert "$33.90 are still to be paid" in sent.body
    titles = [entry.title for entry in selectors.timeline(order)]
    assert [title for title in titles if title.startswith("changed")] == [
        "changed (revision 1)",
        "changed (revision 2)",
    ]
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_orderedit SET delta = 0")
