"""What touches an order's lines, with a custom cake in it: changed, baked, shown, bought again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.inventory.models import Hold, Slot
from apps.orders import selectors, services
from apps.orders.models import Order, OrderEdit
from apps.orders.rules.pay_link import pay_path
from apps.orders.selectors.bake_sheet import bake_sheet
from apps.orders.services import EditWish, LineWish
from apps.orders.states import Channel
from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from tests.accounts import people
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, make_cake, make_slot, pay, place
from tests.orders.private import DETAILS, make_private_size, place_private

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=9)


@pytest.fixture
def order():
    return place_private()


@pytest.fixture
def paid(order):
    pay(order, amount=41250)
    order.refresh_from_db()
    return order


def edit(order, *, actor="user:1", at=AT, reason="asked for", **wish):
    wish = EditWish(revision=order.revision, **wish)
    return services.edit_order(order_id=order.pk, wish=wish, actor=actor, reason=reason, at=at)


@pytest.mark.parametrize(
    "lines",
    [
        (LineWish(position=1, quantity=2),),
        (LineWish(position=1, quantity=1, message="Other words"),),
        "without it",
    ],
)
@pytest.mark.parametrize("actor", ["customer", "user:1"])
def test_a_custom_cake_is_not_changed_reworded_or_dropped_by_an_edit(paid, lines, actor):
    if lines == "without it":
        lines = (LineWish(variant_id=make_cake().pk, quantity=1),)
    with pytest.raises(Invalid) as caught:
        edit(paid, lines=lines, actor=actor)
    assert caught.value.code == "lines_refused"
    assert caught.value.details["lines"][0]["code"] == "private_line"
    assert Order.objects.get(pk=paid.pk).revision == 0


def test_other_goods_are_added_and_the_agreed_price_stays_whatever_promotion_runs(paid):
    make_promotion(at=AT)
    candle = make_cake(price="10.00", stock=5)
    result = edit(
        paid,
        lines=(
            LineWish(position=1, quantity=1),
            LineWish(variant_id=candle.pk, quantity=1),
        ),
    )
    agreed, added = result.order.lines.order_by("position")
    assert (agreed.unit_price, agreed.discount, agreed.details) == (Decimal("412.50"), 0, DETAILS)
    assert (added.discount, added.details) == (Decimal("1.00"), [])
    assert result.order.balance == Decimal("9.00")


def test_the_pickup_moves_with_the_work_that_was_recorded(paid):
    slot = make_slot(LATER)
    edit(paid, slot_id=slot.pk)
    moved = Slot.objects.get(pk=slot.pk)
    assert (moved.booked, moved.oven_booked, moved.decorator_booked) == (1, 60, 240)
    assert Slot.objects.get(pk=paid.slot_id).decorator_booked == 0
    assert Hold.objects.get(reference=paid.hold_reference).slot_id == slot.pk


def test_a_custom_cake_is_not_moved_to_when_it_cannot_be_ready():
    order = place_private(size=make_private_size(lead_days=5), slot=make_slot(LATER))
    pay(order, amount=41250)
    order.refresh_from_db()
    with pytest.raises(Invalid, match="5 working days"):
        edit(order, slot_id=make_slot(AT + timedelta(days=3)).pk)


def test_an_offer_is_not_moved_to_before_the_end_of_its_time_to_pay():
    order = place_private(slot=make_slot(LATER))
    soon = make_slot(AT + timedelta(days=2))
    with pytest.raises(Invalid, match="Pay first"):
        edit(order, slot_id=soon.pk)
    pay(order, amount=41250)
    order.refresh_from_db()
    assert edit(order, slot_id=soon.pk).order.slot_id == soon.pk


def test_that_something_must_not_be_in_it_stays_flagged_after_a_change():
    order = place_private(allergy=True)
    pay(order, amount=41250)
    order.refresh_from_db()
    assert edit(order, slot_id=make_slot(LATER).pk).order.allergy_flag


def test_the_ticket_the_paper_and_the_label_say_what_was_agreed(paid):
    (line,) = selectors.ticket_of(paid)["lines"]
    assert (line["name"], line["message"]) == ("Custom cake: Ada's birthday", "Ada, 30")
    assert line["details"] == DETAILS
    (sheet,) = selectors.sheets_of([paid])
    assert sheet.sections[0].lines[0]["told"].startswith("Contains: wheat, egg, milk")
    (label,) = selectors.labels_of([paid], at=AT)
    assert label.contains
    assert label.unknown == ()
    client = people.browser(people.staff("kitchen"), verified=True)
    page = client.get(f"/kitchen/tickets/preview/?order={paid.public_id}").content.decode()
    assert "Round 10 in, vanilla, raspberry" in page


def test_the_bake_sheet_lists_it_by_its_details_and_does_not_call_it_forgotten(paid):
    day = clock.shop_date(paid.pickup_starts_at)
    sheet = bake_sheet(day, day, buffer_percent=Decimal(0))
    (bake,) = sheet.bakes
    assert (bake.is_custom, bake.pieces) == (True, 1)
    assert (bake.wishes[0].details, bake.wishes[0].weight_g) == (DETAILS, 4200)
    assert sheet.custom == ("Custom cake: Ada's birthday, 2 tiers",)
    assert sheet.without_recipe == ()
    client = people.browser(people.staff("manager"), verified=True)
    address = f"/console/orders/mixer/bake-sheet/?first={day}&last={day}&buffer=0"
    assert "Round 10 in, vanilla" in client.get(address).content.decode()


def test_it_is_not_bought_again_by_a_click(paid):
    user = people.customer("again@example.com")
    Order.objects.filter(pk=paid.pk).update(user=user)
    again = services.order_again(public_id=paid.public_id, user_id=user.pk, at=AT)
    assert (again.added, [line.code for line in again.missing]) == (0, ["custom_cake"])


def test_the_customers_pages_show_what_was_agreed(order, client):
    own = f"/orders/{order.public_id}/"
    for address in (own, f"{own}edit/", pay_path(order.public_id)):
        page = client.get(address)
        assert page.status_code == 200
        assert "Custom cake: Ada&#x27;s birthday" in page.content.decode()
        if "edit" not in address:
            assert "Round 10 in, vanilla, raspberry" in page.content.decode()


def test_the_api_shows_what_was_agreed(order, client):
    (line,) = client.get(f"/api/v1/orders/{order.public_id}").json()["lines"]
    assert line["details"] == DETAILS


def test_who_made_the_offer_writes_about_it_until_it_is_paid(order):
    mail = selectors.mail_of(order.pk, at=AT)
    assert mail.is_offer
    assert mail.context["lines"][0]["details"] == DETAILS
    pay(order, amount=41250)
    assert not selectors.mail_of(order.pk, at=AT).is_offer
    other = place_private()
    services.supersede_order(order_id=other.pk, reason="x", actor="user:1", at=AT)
    assert selectors.mail_of(other.pk, at=AT).is_offer


def test_calling_it_off_before_it_is_begun_gives_its_time_back(paid):
    services.cancel_order(order_id=paid.pk, actor="user:1", reason="x", at=AT)
    slot = Slot.objects.get(pk=paid.slot_id)
    assert (slot.booked, slot.oven_booked, slot.decorator_booked) == (0, 0, 0)


def test_placing_costs_the_same_statements_whatever_was_agreed(django_assert_max_num_queries):
    place([(make_cake(), 1, "")])
    size = make_private_size()
    slot = make_slot(LATER)
    with django_assert_max_num_queries(30):
        place_private(size=size, slot=slot, number="B-261120-AAAAA")


def test_staff_see_everything_about_it_in_the_console_and_over_the_api(paid):
    manager = people.staff("manager")
    console = people.browser(manager, verified=True)
    page = console.get(f"/console/orders/order/{paid.pk}/change/")
    assert page.status_code == 200
    assert "Round 10 in, vanilla, raspberry" in page.content.decode()
    assert "placed for an approved custom cake" in page.content.decode()
    assert console.get(f"/console/orders/handover/{paid.pk}/payment/").status_code == 200
    assert console.get(f"/console/orders/orderedit/order/{paid.pk}/").status_code == 200
    api = people.api(people.log_in(manager).access)
    shown = api.get(f"/api/v1/staff/orders/{paid.public_id}")
    assert shown.status_code == 200
    assert shown.json()["lines"][0]["details"] == DETAILS


def test_every_channel_has_words_in_the_timeline(paid):
    for channel in Channel:
        paid.channel = channel
        assert selectors.timeline(paid)[0].title


def test_erasing_its_customer_takes_what_was_agreed_out_of_it(paid):
    edit(paid, slot_id=make_slot(LATER).pk)
    Order.objects.filter(pk=paid.pk).update(status="collected")
    services.erase_guest(email=paid.customer_email, actor="user:1", reason="asked", at=AT)
    line = paid.lines.get()
    assert (line.product_name, line.message) == ("Custom cake", "")
    assert line.details == [["Bottom tier", ""], ["Written on it", ""]]
    assert line.is_private
    change = OrderEdit.objects.get(order=paid)
    assert "Ada" not in str([change.before, change.after, change.changes])
