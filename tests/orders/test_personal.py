"""A person's data: taken along, erased from every table, and the books unchanged."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test import Client

from apps.accounts import services as accounts
from apps.loyalty.models import CustomerUse, Redemption
from apps.loyalty.selectors import Buyer
from apps.loyalty.selectors.customers import customer_keys
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import (
    BoardEvent,
    Cart,
    CartEvent,
    Order,
    OrderLine,
    OrderNote,
    OrderTransition,
)
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, NotFound
from tests.accounts import people
from tests.loyalty import members
from tests.loyalty.offers import make_coupon
from tests.orders.factories import AT, fill_cart, make_cake, make_slot, pay, place

pytestmark = pytest.mark.django_db
# Receipts as they were issued stay, sealed, for as long as the law wants; see docs/adr/0029.
KEPT = {("receipts_document", "content")}
CANARIES = ("Zanzibara", "zanzi@", "4165550177", "Quetzalweg", "Xylophonia")
WHY = {"actor": "user:1", "reason": "asked for it"}


def columns():
    """Every column that can hold text, of every table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN"
            " ('text', 'character varying', 'jsonb', 'json', 'ARRAY')"
        )
        return cursor.fetchall()


def traces(words=CANARIES):
    """Where any of ``words`` is found, whatever its case."""
    found = []
    with connection.cursor() as cursor:
        for table, column in columns():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE ANY(%s)',
                [[f"%{word}%" for word in words]],
            )
            if (count := cursor.fetchone()[0]) and (table, column) not in KEPT:
                found.append((table, column, count))
    return found


def books():
    sums = Order.objects.aggregate(
        *(Sum(name) for name in ("subtotal", "tax_total", "total", "paid_total"))
    )
    lines = OrderLine.objects.aggregate(Sum("line_total"), Sum("tax"), Sum("quantity"))
    names = ("number", "status", "total", "currency", "placed_at", "paid_at", "tax_region")
    frozen = list(Order.objects.order_by("pk").values_list(*names))
    return sums, lines, frozen


def finish(order):
    """Bring an order to its end, with everything on the way that keeps a name."""
    services.start_production(order_id=order.pk, actor="user:1", at=AT)
    services.mark_ready(order_id=order.pk, actor="user:1", at=AT)
    Order.objects.filter(pk=order.pk).update(
        customer_note="Ring at Zanzibara's",
        event_on=AT.date(),
        delivery_address={"recipient": "Zanzibara", "line1": "Quetzalweg 1", "region": "ON"},
    )
    OrderNote.objects.create(order_id=order.pk, text="Zanzibara called", by="user:1", at=AT)
    proof = services.Proof(reason="a regular", taken_by="Zanzibara")
    services.mark_collected(order_id=order.pk, proof=proof, actor="user:1", at=AT)


def order_for(user_id, email="Zanzi@example.com"):
    customer = services.Customer(
        name="Zanzibara Q", email=email, phone="+14165550177", user_id=user_id
    )
    return place([(make_cake(message=40, stock=5), 1, "For Xylophonia")], customer=customer)


@pytest.fixture
def zanzibara(drain_outbox):
    user = people.customer("zanzi@example.com", phone="+14165550177")
    user.full_name = "Zanzibara Q"
    user.save()
    accounts.request_password_reset(email=user.email, at=AT)
    order = order_for(user.pk)
    pay(order)
    drain_outbox()
    finish(order)
    cancelled = order_for(user.pk)
    services.cancel_order(order_id=cancelled.pk, actor="customer", reason="Zanzibara is ill", at=AT)
    mine = services.open_account_cart(user_id=user.pk, at=AT)
    services.put_line(
        cart_id=mine.pk,
        variant_id=make_cake(message=40).pk,
        quantity=1,
        message="Xylophonia",
        user_id=user.pk,
        at=AT,
    )
    services.request_claim(user_id=user.pk, email="zanzi@work.example", at=AT)
    drain_outbox()
    return user


def test_after_an_erasure_no_table_knows_the_person_and_the_books_are_as_before(
    zanzibara, drain_outbox
):
    before = books()
    assert {table for table, _, _ in traces()} >= {
        "accounts_user",
        "orders_order",
        "orders_orderline",
        "orders_cartline",
        "orders_ordertransition",
        "orders_ordernote",
        "orders_boardevent",
        "notifications_message",
        "notifications_alert",
    }
    accounts.anonymise_user(user_id=zanzibara.pk, **WHY, at=AT)
    drain_outbox()
    # Carts that were ordered as a guest's are only of the order; they go with the next purge.
    Cart.objects.filter(user=None).delete()
    assert traces() == []
    assert books() == before
    assert audit.verify().ok
    order = Order.objects.order_by("pk").first()
    assert (order.customer_name, order.user_id) == ("erased", zanzibara.pk)
    assert order.delivery_address == {"region": "ON", "country": ""}
    assert CartEvent.objects.filter(user_id=zanzibara.pk).count() == 0
    accounts.anonymise_user(user_id=zanzibara.pk, **WHY, at=AT)
    drain_outbox()
    assert books() == before


@pytest.mark.control
def test_control_without_the_handlers_the_person_is_still_there(zanzibara):
    accounts.anonymise_user(user_id=zanzibara.pk, **WHY, at=AT)
    assert "orders_order" in {table for table, _, _ in traces()}


def test_the_database_keeps_history_of_everybody_else(zanzibara):
    for change in (
        lambda: OrderTransition.objects.update(reason=""),
        lambda: OrderNote.objects.all().delete(),
        lambda: BoardEvent.objects.all().delete(),
        lambda: OrderNote.objects.update(text="another"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    services.erase_account_orders(user_id=zanzibara.pk, at=AT)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderTransition.objects.update(actor="nobody")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderTransition.objects.all().delete()


@pytest.mark.parametrize("paid", [True, False])
def test_nobody_is_erased_while_an_order_is_open(paid):
    user = people.customer("zanzi@example.com")
    order = order_for(user.pk)
    if paid:
        pay(order)
    with pytest.raises(Conflict) as refused:
        accounts.anonymise_user(user_id=user.pk, **WHY, at=AT)
    assert refused.value.code == "open_orders"
    assert refused.value.details == {"orders": [order.number]}
    user.refresh_from_db()
    assert user.anonymised_at is None
    reply = people.browser(user).post("/account/data/erase/", {"password": people.PASSWORD})
    assert (reply.status_code, order.number in reply.content.decode()) == (409, True)


def test_an_order_that_slips_in_is_erased_once_it_is_over(drain_outbox):
    user = people.customer("zanzi@example.com")
    accounts.anonymise_user(user_id=user.pk, **WHY, at=AT)
    order = order_for(user.pk)
    drain_outbox()
    assert services.erase_stragglers(at=AT) == 0
    services.cancel_order(order_id=order.pk, actor="user:1", reason="late", at=AT)
    assert services.erase_stragglers(at=AT) == 1
    order.refresh_from_db()
    assert order.customer_email == ""
    assert services.erase_stragglers(at=AT) == 0


def test_a_guest_is_erased_by_mailbox_and_nobody_else(drain_outbox):
    order, other = order_for(None), order_for(None, "other@example.com")
    drain_outbox()
    before = books()
    with pytest.raises(Conflict, match="not over"):
        services.erase_guest(email="ZANZI@example.com", **WHY, at=AT)
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    drain_outbox()
    assert services.erase_guest(email="ZANZI@example.com", **WHY, at=AT) == 1
    drain_outbox()
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.customer_name, other.customer_name) == ("erased", "Zanzibara Q")
    assert books()[0] == before[0]
    assert not Message.objects.filter(recipient__icontains="zanzi").exists()
    assert Message.objects.filter(recipient="other@example.com").exists()
    with pytest.raises(NotFound):
        services.erase_guest(email="nobody@example.com", **WHY, at=AT)
    people.customer("acc@example.com")
    with pytest.raises(Conflict, match="account"):
        services.erase_guest(email="acc@example.com", **WHY, at=AT)
    assert "zanzi" not in str(list(audit.AuditEntry.objects.values())).lower()


def test_a_mailbox_that_only_got_a_gift_card_is_erased_and_its_uses_of_codes_with_it():
    coupon, card = make_coupon(at=AT), members.issue(recipient_email="zanzi@example.com")
    mailbox = customer_keys(Buyer(None, "zanzi@example.com"))
    uses = [CustomerUse(promotion=coupon.promotion, customer=x) for x in (*mailbox, "mail:other")]
    CustomerUse.objects.bulk_create(uses)
    assert services.erase_guest(email="zanzi@example.com", **WHY, at=AT) == 0
    card.refresh_from_db()
    assert card.recipient_email == ""
    assert [row.customer for row in CustomerUse.objects.all()] == ["mail:other"]
    with pytest.raises(NotFound):
        services.erase_guest(email="zanzi@example.com", **WHY, at=AT)


def test_what_was_redeemed_keeps_its_amount_but_not_the_mailbox(drain_outbox):
    make_coupon(at=AT)
    cart = fill_cart([(make_cake(), 1, "")])
    services.add_code(cart_id=cart.pk, user_id=None, code="TENOFF", at=AT)
    who = services.Customer(name="Zanzibara Q", email="zanzi@example.com", phone="")
    order = services.place_order(
        cart_id=cart.pk, customer=who, slot_id=make_slot().pk, expected_total=None, at=AT
    )
    (before,) = Redemption.objects.all()
    assert before.customers == customer_keys(Buyer(None, "zanzi@example.com"))
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    assert services.erase_guest(email="zanzi@example.com", **WHY, at=AT) == 1
    after = Redemption.objects.get()
    assert (after.amount, after.customers) == (before.amount, [])


def body_of(reply):
    return json.loads(b"".join(reply.streaming_content))


def test_a_person_takes_their_data_along_for_the_password(zanzibara):
    people.customer("eve@example.com")
    order_for(None, "eve@example.com")
    api = people.api(people.log_in(zanzibara).access)
    wrong = api.post("/api/v1/me/export", {"password": "not this one"}, format="json")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "wrong_password")
    reply = api.post("/api/v1/me/export", {"password": people.PASSWORD}, format="json")
    assert reply.status_code == 200
    data = body_of(reply)
    assert data["account"]["full_name"] == "Zanzibara Q"
    assert len(data["orders"]) == 2
    assert data["orders"][0]["lines"][0]["message"] == "For Xylophonia"
    assert data["orders"][0]["total"] == str(Order.objects.order_by("pk").first().total)
    assert data["cart_events"]
    assert {"points_moves", "gift_cards", "invitation_code", "calendar_since"} <= set(data)
    assert "eve@example.com" not in json.dumps(data)
    window = people.browser(zanzibara)
    assert window.post("/account/data/export/", {"password": "x"}).status_code == 400
    page = window.post("/account/data/export/", {"password": people.PASSWORD})
    assert page["Content-Disposition"].startswith("attachment")
    assert body_of(page)["orders"] == data["orders"]


def test_an_export_costs_the_same_queries_at_one_and_at_five_orders(django_assert_max_num_queries):
    user, slot, cake = people.customer(), make_slot(), make_cake(stock=20)
    customer = services.Customer(name="A", email=user.email, phone="", user_id=user.pk)
    for _ in range(2):
        for _ in range(4):
            place([(cake, 1, "")], customer=customer, slot=slot)
        with django_assert_max_num_queries(27):
            assert json.loads("".join(selectors.person_json(user, at=AT)))


def test_closing_ones_account_asks_for_the_password_and_ends_the_session(zanzibara, drain_outbox):
    window = people.browser(zanzibara)
    assert window.post("/account/data/erase/", {"password": "not this one"}).status_code == 400
    assert window.post("/account/data/erase/", {"password": people.PASSWORD}).status_code == 303
    assert window.get("/account/")["Location"].startswith("/account/login/")
    drain_outbox()
    Cart.objects.filter(user=None).delete()
    assert traces() == []


def test_staff_answer_people_from_the_console_and_over_the_api(drain_outbox):
    order = order_for(None)
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    manager = people.browser(people.staff("manager"), verified=True)
    assert manager.get("/console/orders/order/people/").status_code == 403
    boss = people.staff("administrator")
    window = people.browser(boss, verified=True)
    path = "/console/orders/order/people/"
    asked = {"email": "zanzi@example.com", "reason": "a letter", "do": "export"}
    assert len(body_of(window.post(path, asked))["orders"]) == 1
    assert window.post(path, {**asked, "reason": ""}).status_code == 400
    api = people.api(people.log_in(boss).access)
    body = {"email": "zanzi@example.com", "reason": "a letter"}
    exported = api.post("/api/v1/staff/guests/export", body, format="json")
    assert body_of(exported)["orders"][0]["customer_name"] == "Zanzibara Q"
    page = window.post(path, {**asked, "do": "erase"}, follow=True).content.decode()
    assert "Erased from 1 order." in page
    again = api.post("/api/v1/staff/guests/erase", body, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "nothing_to_erase")
    actions = audit.AuditEntry.objects.values_list("action", flat=True)
    assert {"orders.export_person", "orders.erase_guest"} <= set(actions)


def test_carts_are_kept_for_a_while_and_then_forgotten(settings):
    settings.CART_KEEP_DAYS = 90
    old = fill_cart([(make_cake(), 1, "")], at=AT - timedelta(days=91))
    new = fill_cart([(make_cake(), 1, "")], at=AT - timedelta(days=89))
    assert services.purge_carts(at=AT) == 4
    assert list(Cart.objects.values_list("pk", flat=True)) == [new.pk]
    assert set(CartEvent.objects.values_list("cart_id", flat=True)) == {new.pk}
    assert services.purge_carts(at=AT) == 0
    assert Client().get(f"/api/v1/carts/{old.pk}").status_code == 404
