"""Tickets and labels on paper: what is due, what stands on them, and how copies are marked."""

import threading
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Variant
from apps.catalog.rules.food_facts import facts_as_stated
from apps.orders import selectors, services
from apps.orders.models import Order, TicketPrint
from apps.orders.rules.tickets import allergen_text, mark_of
from apps.orders.services import printing
from apps.orders.states import PrintKind, PrintMark
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound
from tests.accounts import people
from tests.harness import patience
from tests.orders.factories import AT, make_cake, make_variant
from tests.orders.kitchen import ACTOR, change_order, make_station, on_shelf, order_for, seen

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST, PREVIEW, PRINT = "/kitchen/tickets/", "/kitchen/tickets/preview/", "/kitchen/tickets/print/"
API = "/api/v1/staff/tickets"
EGG = {"contains": ["egg", "milk"], "may_contain": ["tree_nuts"]}


def put_on_paper(*orders, kind=PrintKind.TICKET, at=AT, **options):
    return services.record_prints(
        public_ids=[order.public_id for order in orders], kind=kind, actor=ACTOR, at=at, **options
    )


def with_facts(variant):
    """Give a size the facts that the catalog works out from what is stated of its product."""
    facts = facts_as_stated(variant.product.allergens)
    Variant.objects.filter(pk=variant.pk).update(food_facts=facts)
    return variant


def marks(*orders, **options):
    return [row.mark for row in put_on_paper(*orders, **options)]


@pytest.fixture
def at_the_shop(monkeypatch):
    """Let it be the moment of the tests' orders for pages too."""
    monkeypatch.setattr(clock, "now", lambda: AT)


@pytest.fixture
def cook(at_the_shop):
    return people.browser(people.staff("kitchen"), verified=True)


# ---- marks ----


@pytest.mark.parametrize(
    ("revision", "printed", "mark"),
    [
        (0, set(), PrintMark.FIRST),
        (0, {0}, PrintMark.REPRINT),
        (2, {0, 1}, PrintMark.CHANGED),
        (2, {0, 2}, PrintMark.REPRINT),
    ],
)
def test_how_a_print_is_marked(revision, printed, mark):
    assert mark_of(revision, printed) == mark


def test_a_second_print_is_a_reprint_and_one_after_a_change_says_so():
    order = order_for(AT + HOUR)
    assert marks(order) == [PrintMark.FIRST]
    assert marks(order) == [PrintMark.REPRINT]
    change_order(order, quantity=2)
    [row] = put_on_paper(order)
    assert (row.mark, row.since) == (PrintMark.CHANGED, 0)
    assert marks(order) == [PrintMark.REPRINT]
    # Labels and a station's part are other papers.
    assert marks(order, kind=PrintKind.LABELS) == [PrintMark.FIRST]
    told = [entry.title for entry in selectors.timeline(order) if entry.source == "print"]
    assert told == [
        "ticket printed", "ticket printed again", "ticket printed after a change",
        "ticket printed again", "labels printed",
    ]  # fmt: skip


def test_prints_are_only_added():
    from django.db import DatabaseError, transaction

    put_on_paper(order_for(AT + HOUR))
    for change in (
        lambda: TicketPrint.objects.update(mark="first"),
        lambda: TicketPrint.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_what_cannot_be_printed_is_refused_whole():
    order, gone = order_for(AT + HOUR), order_for(AT + HOUR, status="cancelled")
    for others, error, code in [
        ((), Invalid, "no_orders"),
        ((gone.public_id,), NotFound, "order_not_found"),
        ((uuid4(),), NotFound, "order_not_found"),
        ([uuid4() for _ in range(101)], Invalid, "too_many_orders"),
    ]:
        ids = [order.public_id, *others] if others else []
        with pytest.raises(error) as refused:
            services.record_prints(public_ids=ids, kind=PrintKind.TICKET, actor=ACTOR, at=AT)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        put_on_paper(order, station=77)
    assert not TicketPrint.objects.exists()


def print_at_once(order, parallel, monkeypatch, *, lock):
    """Two devices print the same order; both have looked before either writes, if they can."""
    looked = threading.Barrier(2)
    original = printing._marked

    def marked(*args):
        found = original(*args)
        with suppress(threading.BrokenBarrierError):
            looked.wait(patience())
        return found

    monkeypatch.setattr(printing, "_marked", marked)
    if not lock:
        monkeypatch.setattr(printing, "locked", lambda queryset: queryset)
    return parallel(2, lambda _: marks(order))


@pytest.mark.django_db(transaction=True)
def test_of_two_devices_that_print_at_once_one_is_marked_as_a_reprint(parallel, monkeypatch):
    order = order_for(AT + HOUR)
    found = print_at_once(order, parallel, monkeypatch, lock=True)
    assert sorted(found) == [[PrintMark.FIRST], [PrintMark.REPRINT]]


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_would_be_the_first(parallel, monkeypatch):
    order = order_for(AT + HOUR)
    found = print_at_once(order, parallel, monkeypatch, lock=False)
    # Only the table's constraint is left, and its refusal would be an error page.
    assert sum(isinstance(result, IntegrityError) for result in found) == 1


# ---- what is due ----


def due(**options):
    return {row.order.number: row.is_due for row in selectors.due_tickets(at=AT, **options)}


def test_due_is_what_fired_and_is_not_on_paper_as_it_is_now():
    fired, printed, changed = (order_for(AT + 20 * timedelta(minutes=1)) for _ in range(3))
    today, tomorrow = order_for(AT + 3 * HOUR), order_for(AT + DAY)
    put_on_paper(printed, changed)
    change_order(changed, quantity=2)
    assert due() == {
        fired.number: True, printed.number: False, changed.number: True, today.number: False,
    }  # fmt: skip
    assert tomorrow.number not in due()
    order_for(AT + HOUR, status="ready")
    assert len(due()) == 4


def test_for_a_station_its_own_paper_counts_and_that_of_the_whole_order():
    bread = on_shelf("bread")
    oven = make_station("Oven", category_ids=[bread.product.category_id])
    one, two = (order_for(AT + HOUR / 3, [(bread, 1, "")]) for _ in range(2))
    other = order_for(AT + HOUR / 3, [(make_cake(), 1, "")])
    put_on_paper(one, station=oven.pk)
    put_on_paper(two)
    assert due(station=oven.pk) == {one.number: False, two.number: False}
    assert due() == {one.number: True, two.number: False, other.number: True}
    # What has nothing for the station has no paper there.
    assert marks(one, other, station=oven.pk) == [PrintMark.REPRINT]
    with pytest.raises(Invalid) as refused:
        put_on_paper(other, station=oven.pk)
    assert refused.value.code == "nothing_to_print"


# ---- what stands on paper ----


def test_a_ticket_has_its_lines_by_station():
    bread, cake = on_shelf("bread"), make_cake()
    oven = make_station("Oven", position=1, category_ids=[bread.product.category_id])
    make_station("Packing", position=2, everything=True)
    order = order_for(AT + HOUR, [(bread, 2, ""), (cake, 1, "")])
    [sheet] = selectors.sheets_of([order])
    assert [(s.station, len(s.lines)) for s in sheet.sections] == [("Oven", 1), ("Other", 1)]
    [part] = selectors.sheets_of([order], station=oven.pk)
    assert [(s.station, len(s.lines)) for s in part.sections] == [("Oven", 1)]
    assert part.others == 1


def test_labels_name_what_the_recipe_says_today_in_the_words_of_the_shops_country(settings):
    cake = with_facts(make_cake(allergens=EGG))
    buns = with_facts(make_variant(allergens=EGG, product_name="Buns", stock=20))
    order = order_for(AT + HOUR, [(cake, 2, ""), (buns, 12, "")])
    labels = selectors.labels_of([order], at=AT)
    assert [(x.name, x.box, x.quantity) for x in labels] == [
        ("Carrot cake", "1 of 2", 1), ("Carrot cake", "2 of 2", 1), ("Buns", "", 12),
    ]  # fmt: skip
    assert labels[0].contains == ("Egg", "Milk")
    assert "nuts" in labels[0].may_contain[0].lower()
    assert labels[0].list_name == "Canada"
    settings.SHOP_COUNTRY = "US"
    assert selectors.labels_of([order], at=AT)[0].list_name == "FDA"
    settings.SHOP_COUNTRY = "FR"
    assert selectors.labels_of([order], at=AT)[0].list_name == "EU"


def test_of_a_size_that_is_gone_the_label_says_what_was_known_when_it_was_sold():
    cake = make_cake(allergens=EGG)
    order = order_for(AT + HOUR, [(cake, 1, "")])
    Variant.objects.filter(pk=cake.pk).update(archived_at=AT)
    [label] = selectors.labels_of([order], at=AT)
    assert (label.contains, label.may_contain) == (("egg", "milk"), ("tree nuts",))
    assert not label.is_known


def test_more_labels_than_a_roll_are_refused():
    cakes = [(make_cake(stock=500), 150, "") for _ in range(2)]
    order = order_for(AT + HOUR, cakes)
    with pytest.raises(Invalid) as refused:
        put_on_paper(order, kind=PrintKind.LABELS)
    assert refused.value.code == "too_many_labels"
    assert not TicketPrint.objects.exists()


@pytest.mark.parametrize(
    ("allergens", "told"),
    [
        (None, "Allergens not known: ask"),
        ({"contains": [], "may_contain": []}, "No allergens listed"),
        (EGG, "Contains: egg, milk. May contain: tree nuts"),
        ({"contains": [], "may_contain": [], "unknown": ["soy"]}, "NOT KNOWN: soy"),
    ],
)
def test_allergens_in_words(allergens, told):
    assert allergen_text(allergens) == told


def test_papers_cost_the_same_statements_at_two_sizes():
    counts = []
    for more in (1, 3):
        for _ in range(more):
            order_for(AT + HOUR / 3, [(make_cake(), 1, ""), (on_shelf("bread"), 1, "")])
        orders = list(Order.objects.order_by("pk"))
        with CaptureQueriesContext(connection) as queries:
            selectors.sheets_of(orders)
            selectors.labels_of(orders, at=AT)
            selectors.due_tickets(at=AT)
            put_on_paper(*orders)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ---- pages ----


def test_a_look_records_nothing_and_a_print_does(cook):
    order = order_for(
        AT + HOUR, [(make_cake(message=60, allergens=EGG), 1, "Zoë <b>& Max</b> 🎂")],
        allergy_flag=True, customer_note="Ring twice",
    )  # fmt: skip
    page = cook.get(PREVIEW, {"order": order.public_id}).content.decode()
    for text in ("Zoë &lt;b&gt;&amp; Max&lt;/b&gt; 🎂", "ALLERGY", "Ring twice", "PREVIEW", "<svg",
                 "Contains: egg, milk", order.number, "Fri 20 Nov 11:00", "begin "):  # fmt: skip
        assert text in page, text
    assert not TicketPrint.objects.exists()
    first = cook.post(PRINT, {"order": order.public_id, "kind": "ticket"}).content.decode()
    again = cook.post(PRINT, {"order": order.public_id}).content.decode()
    assert "REPRINT" not in first
    assert ">REPRINT<" in again
    change_order(order, quantity=2)
    changed = cook.post(PRINT, {"order": order.public_id}).content.decode()
    assert "throw the old ticket away" in changed
    assert "2 instead of 1" in changed
    assert TicketPrint.objects.count() == 3


def test_labels_on_a_page(cook):
    order = order_for(
        AT + HOUR, [(with_facts(make_cake(allergens=EGG)), 1, ""), (make_variant(), 1, "")]
    )
    page = cook.post(PRINT, {"order": order.public_id, "kind": "labels"}).content.decode()
    assert "<b>Contains:</b> Egg, Milk" in page
    assert "Not complete: do not put it on a box" in page  # nothing is known of the other
    assert TicketPrint.objects.get().kind == PrintKind.LABELS


def test_all_that_fires_today_is_printed_from_one_list(cook):
    first, second = order_for(AT + HOUR / 3), seen(order_for(AT + 4 * HOUR))
    page = cook.get(LIST).content.decode()
    assert page.index(first.number) < page.index("Later today") < page.index(second.number)
    both = {"order": [first.public_id, second.public_id]}
    printed = cook.post(PRINT, both).content.decode()
    assert printed.count('<article class="ticket">') == 2
    page = cook.get(LIST).content.decode()
    assert page.index("On paper already") < page.index(first.number)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"order": "x"}, 400),
        ({"order": str(uuid4())}, 404),
        ({"order": "", "kind": "poster"}, 400),
        ({"order": "\x00"}, 400),
        ({"order": str(uuid4()), "station": "-1"}, 400),
        ({"order": str(uuid4()), "station": str(2**70)}, 400),
    ],
)
def test_odd_requests_are_refused_in_words(cook, query, status):
    for reply in (cook.get(PREVIEW, query), cook.post(PRINT, query)):
        assert reply.status_code == status
    assert cook.get(LIST, {"station": "nowhere"}).status_code == 400
    assert cook.get(PRINT).status_code == 405


def test_who_may_not_print_does_not(at_the_shop):
    order = order_for(AT + HOUR)
    people_without = people.browser(people.customer())
    assert people_without.get(LIST).status_code == 302
    assert people_without.post(PRINT, {"order": order.public_id}).status_code == 302
    assert not TicketPrint.objects.exists()


# ---- over the API ----


def test_printing_over_the_api(cook):
    order = order_for(AT + HOUR / 3, [(make_cake(allergens=EGG), 2, "")])
    [row] = cook.get(API).json()
    assert (row["number"], row["due"], row["printed_revision"]) == (order.number, True, None)
    send = {"content_type": "application/json"}
    body = {"orders": [str(order.public_id)]}
    [printed] = cook.post(f"{API}/print", body, **send).json()
    assert (printed["mark"], printed["since"], printed["labels"]) == ("first", None, None)
    [section] = printed["ticket"]["sections"]
    assert section["lines"][0]["told"].startswith("Contains: egg")
    [again] = cook.post(f"{API}/print", {**body, "kind": "labels"}, **send).json()
    assert [label["box"] for label in again["labels"]] == ["1 of 2", "2 of 2"]
    [row] = cook.get(API).json()
    assert (row["due"], row["printed_revision"]) == (False, 0)
    for wrong in (
        {}, {"orders": []}, {"orders": ["x"]}, {**body, "kind": "x"}, {**body, "station": "1"},
        {**body, "station": 2**40}, {"orders": [str(uuid4())] * 101},
    ):  # fmt: skip
        assert cook.post(f"{API}/print", wrong, **send).status_code == 400, wrong
    missing = cook.post(f"{API}/print", {**body, "station": 99}, **send)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "station_not_found")
    assert cook.get(API, {"station": "x"}).status_code == 400


def test_the_console_lists_prints_and_leads_to_the_paper(cook):
    order = order_for(AT + HOUR)
    put_on_paper(order)
    put_on_paper(order)
    page = cook.get("/console/orders/ticketprint/").content.decode()
    assert page.count(order.number) == 2
    assert "printed again" in page
    way = f"/console/orders/ticketprint/of-order/{order.pk}/"
    assert way in cook.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    assert cook.get(way)["Location"] == f"{PREVIEW}?order={order.public_id}"
    assert cook.get("/console/orders/ticketprint/of-order/999999/").status_code == 404


def test_from_the_board_to_the_hand_over(cook):
    order = order_for(AT + HOUR, status="ready")
    reply = cook.get(f"/board/orders/{order.public_id}/")
    assert reply.status_code == 302
    assert cook.get(reply["Location"]).status_code == 200
    assert cook.get(f"/board/orders/{uuid4()}/").status_code == 404
