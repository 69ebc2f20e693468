"""The desk: everything about a request on one screen, and every decision."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.states import QuoteKind, RequestStatus
from apps.orders.models import Order
from bakery.kernel import clock
from tests.accounts import people
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import approve, slot_of
from tests.orders.factories import make_variant, place

pytestmark = pytest.mark.django_db
LIST = "/console/custom_cakes/cakerequest/"


@pytest.fixture
def decorator():
    return people.browser(people.staff("decorator"), verified=True)


def fresh(**values) -> CakeRequest:
    """Return a request that was sent just now."""
    at = clock.now()
    return submit(wishes=make_wishes(at=at, **values), at=at)


def page_of(request: CakeRequest) -> str:
    return f"{LIST}{request.pk}/change/"


def typed(request: CakeRequest, client, **values) -> dict:
    """Return what the form of the desk holds when it is opened, and what is typed over it."""
    request.refresh_from_db()
    context = client.get(page_of(request)).context
    return {**context["typed"], "slot_id": slot_of(request).pk, **values}


def test_everything_is_on_one_screen(decorator):
    request = fresh(allergies="hazelnuts", words="With a fox, please.")
    reply = decorator.get(page_of(request))
    text = reply.content.decode()
    assert reply.status_code == 200
    for part in (
        request.number,
        request.customer_email,
        "With a fox, please.",
        "Happy birthday, Zoë",
        "Allergic: hazelnuts",
        "Not known of this cake",
        "Ingredients",
        "Labour",
        "Margin",
        "floor",
        "By the chart",
        "What if",
        "The mail",
        "Earliest",
        "History",
        "Waiting for our review",
    ):
        assert part in text, part
    assert "onclick" not in text
    assert "style=" not in text


def test_approving_on_the_desk(decorator):
    request = fresh()
    form = typed(request, decorator, action="approve", words="Keep it cool.")
    reply = decorator.post(page_of(request), form)
    assert (reply.status_code, reply.url) == (302, page_of(request))
    request.refresh_from_db()
    assert request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    text = decorator.get(page_of(request)).content.decode()
    assert "Approved / awaiting payment" in text
    assert "Take the offer back" in text
    assert 'value="approve"' not in text


def test_a_stale_screen_says_what_changed_and_keeps_what_was_typed(decorator):
    request = fresh()
    form = typed(request, decorator, action="approve", words="Typed with care", price="199.00")
    services.ask_customer(
        request_id=request.pk,
        expected_version=1,
        text="Which blue?",
        actor="user:2",
        at=clock.now(),
    )
    reply = decorator.post(page_of(request), form)
    text = reply.content.decode()
    assert reply.status_code == 409
    assert "has changed since you opened it" in text
    assert "Which blue?" in text
    assert "Typed with care" in text
    assert 'value="199.00"' in text
    assert not Order.objects.exists()
    # Whoever has read it presses once more.
    again = {**form, "version": reply.context["typed"]["version"], "reason": "dear friends"}
    assert decorator.post(page_of(request), again).status_code == 302
    assert Order.objects.count() == 1


def test_below_the_floor_the_desk_asks_for_a_manager(decorator):
    request = fresh()
    form = typed(request, decorator, action="approve", price="5.00", reason="charity")
    reply = decorator.post(page_of(request), form)
    assert reply.status_code == 403
    assert "A manager may sell it below" in reply.content.decode()
    manager = people.browser(people.staff("manager"), verified=True)
    assert manager.post(page_of(request), form).status_code == 302


def test_the_margin_and_the_mail_follow_what_is_typed(decorator):
    request = fresh()
    address = f"{LIST}{request.pk}/preview/"
    form = typed(request, decorator, price="300.00", words="Bring a cool box.")
    found = decorator.post(address, form).json()
    assert "300.00" in found["subject"]
    assert "Bring a cool box." in found["text"]
    cheap = decorator.post(address, {**form, "price": "20.00"}).json()
    assert cheap["is_below_floor"]
    assert int(cheap["margin"].split()[0]) < int(found["margin"].split()[0])
    for wrong in ("", "NaN", "1e999", "x", "-3", "9" * 400):
        assert decorator.post(address, {**form, "price": wrong}).status_code == 400
    assert not Order.objects.exists()


def test_without_a_script_there_is_a_button(decorator):
    request = fresh()
    form = typed(request, decorator, action="preview", price="300.00", text="half a question")
    reply = decorator.post(page_of(request), form)
    text = reply.content.decode()
    assert reply.status_code == 200
    assert 'value="300.00"' in text
    assert "half a question" in text
    assert "300.00, please pay until" in text


def test_one_click_puts_another_cake_into_a_counter_offer(decorator):
    request = fresh()
    big = submit(
        wishes=make_wishes(design=design_data(tiers=2, length=10), at=clock.now()), at=clock.now()
    )
    page = decorator.get(page_of(big))
    codes = {row.code for row in page.context["desk"].ideas}
    assert codes >= {"without_top", "smaller"}
    shown = decorator.get(f"{page_of(big)}?idea=without_top")
    idea = shown.context["idea"]
    assert idea.difference < 0
    assert "Without the second tier" in idea.text
    form = {**shown.context["typed"], "action": "counter"}
    assert decorator.post(page_of(big), form).status_code == 302
    quote = Quote.objects.get(request=big)
    assert (quote.kind, quote.price) == (QuoteKind.COUNTER, idea.price)
    assert request.pk != big.pk
    assert len(quote.revision.design["tiers"]) == 1


@pytest.mark.parametrize("action", ["ask", "reject", "take_back", "renew", "note", "", "drop"])
def test_absurd_input_is_refused_and_never_a_fault(decorator, action):
    request = fresh()
    for values in (
        {"version": "1", "slot_id": "9" * 30, "text": "a\x00b", "internal_note": "\x00"},
        {"version": "x", "price": "NaN", "servings_least": "-1", "expires_at": "yesterday"},
    ):
        reply = decorator.post(page_of(request), {"action": action, **values})
        assert reply.status_code in {400, 409}, (action, values)
    assert decorator.get(f"{LIST}{2**70}/change/").status_code in {302, 404}


def test_who_bakes_sees_no_request_and_decides_nothing():
    request = fresh()
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.get(page_of(request)).status_code == 403
    assert kitchen.post(page_of(request), {"action": "approve"}).status_code == 403
    assert kitchen.post(f"{LIST}{request.pk}/preview/", {}).status_code == 403


def test_the_list_shows_the_oldest_first_in_few_statements(decorator):
    first, second = fresh(), fresh()
    reply = decorator.get(LIST)
    rows = [row.pk for row in reply.context["cl"].result_list]
    assert rows == [first.pk, second.pk]
    decided = fresh()
    services.reject_request(
        request_id=decided.pk, expected_version=1, reason="no", actor="user:1", at=clock.now()
    )
    assert len(decorator.get(LIST).context["cl"].result_list) == 2
    assert len(decorator.get(f"{LIST}?state=rejected").context["cl"].result_list) == 1
    assert len(decorator.get(f"{LIST}?state=all").context["cl"].result_list) == 3
    assert len(decorator.get(f"{LIST}?state=all&due=7").context["cl"].result_list) == 0
    few = counted(decorator)
    for _ in range(4):
        fresh()
    assert counted(decorator) == few


def counted(client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(f"{LIST}?state=all").status_code == 200
    return len(found)


def test_the_desk_takes_no_more_statements_for_a_longer_story(decorator):
    request = fresh()

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            decorator.get(page_of(request))
        return len(found)

    def ask(number: int) -> None:
        services.ask_customer(
            request_id=request.pk,
            expected_version=number,
            text=f"Question {number}",
            actor="user:1",
            at=clock.now() + timedelta(seconds=number),
        )

    ask(1)
    count()
    few = count()
    for number in range(2, 6):
        ask(number)
    assert count() == few


def test_an_order_leads_to_the_wishes_it_was_made_from(decorator):
    order = approve().order
    console = decorator.get(f"/console/orders/order/{order.pk}/change/")
    address = f"{LIST}order/{order.pk}/"
    assert address in console.content.decode()
    assert decorator.get(address).url == page_of(order.cake_quote.request)
    assert decorator.get(f"{LIST}order/{order.pk + 1}/").status_code == 404
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.get(address).status_code == 403


def test_other_orders_have_no_wishes_to_be_led_to(decorator):
    order = place([(make_variant(), 1, "")])
    console = decorator.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    assert "Change order" in console
    assert "Wishes and pictures" not in console
