"""What came of reminders: orders counted once, the funnel, the two groups, the console, the API."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.notifications.models import Message
from apps.orders import services as orders
from apps.orders.models import Cart
from apps.recovery import selectors, services
from apps.recovery.models import RecoveryAttempt, RecoveryRule
from apps.recovery.rules.intervals import difference, share
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import AT, make_slot, make_variant, pay, place
from tests.recovery.factories import DAY, HOUR, MAILBOX, hold, leave, remind

pytestmark = pytest.mark.django_db
API = "/api/v1/staff/recovery"
CONSOLE = "/console/recovery/recoveryattempt/"


def order_cart(cart, *, email=MAILBOX, at=AT + 2 * HOUR, ref="pi_1"):
    order = orders.place_order(
        cart_id=cart.pk,
        customer=orders.Customer(name="Ada", email=email, phone=""),
        slot_id=make_slot().pk,
        expected_total=None,
        at=at,
    )
    pay(order, ref=ref, at=at)
    return order


def counted(attempt):
    attempt.refresh_from_db()
    return attempt.order and attempt.order.number, attempt.revenue


def test_an_order_of_the_cart_is_counted_once_without_tax(drain_outbox):
    hold()
    cart = leave()
    attempt = remind(cart)
    order = order_cart(cart, email="else@example.com")
    assert counted(attempt) == (None, None)
    drain_outbox()
    assert order.total > order.subtotal
    assert counted(attempt) == (order.number, order.subtotal)
    assert not services.credit_order(order_id=order.pk, at=AT + DAY)


@pytest.mark.parametrize(
    ("later", "is_counted"),
    [
        (timedelta(0), True),
        (7 * DAY - timedelta(seconds=1), True),
        (7 * DAY, False),
        (-timedelta(seconds=1), False),
    ],
)
def test_an_order_of_the_person_counts_within_the_window(later, is_counted):
    hold()
    attempt = remind()
    at = attempt.planned_at + later
    slot = make_slot(AT + 20 * DAY)
    order = place([(make_variant(), 1, "")], slot=slot, at=at)
    assert services.credit_order(order_id=order.pk, at=at) is is_counted
    assert counted(attempt)[0] == (order.number if is_counted else None)


def test_an_order_is_counted_for_the_latest_reminder_and_a_second_order_for_none():
    hold()
    first = remind()
    services.plan_reminders(at=AT + DAY)
    second = RecoveryAttempt.objects.exclude(pk=first.pk).get()
    slot = make_slot(AT + 20 * DAY)
    for expected in (True, False):
        order = place([(make_variant(), 1, "")], slot=slot, at=AT + 2 * DAY)
        assert services.credit_order(order_id=order.pk, at=AT + 2 * DAY) is expected
    assert counted(first) == (None, None)
    assert counted(second)[0] is not None


# Newcombe 1998, table II: 56/70 and 48/80 give 0.0524 to 0.3339; 9/10 and 3/10 0.1705 to 0.8090.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_newcombes(first, second, low, high):
    found = difference(share(*first), share(*second))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.is_clear is (low > 0)


def test_nothing_has_no_share():
    assert share(0, 0) is None
    assert difference(share(1, 2), None) is None


def fill(count=6, *, recovered=2):
    """Leave and remind of carts, held out every second one; some came back after a mail."""
    hold(fewest_carts=3)
    variant = make_variant(stock=50)
    slot = make_slot()
    for number in range(count):
        attempt = remind(leave([(variant, 1, "")], email=f"p{number}@example.com"))
        Message.objects.filter(pk=attempt.message_id).update(state="sent", sent_at=AT + HOUR)
        if number % 2:
            Message.objects.filter(pk=attempt.message_id).update(
                state="withheld", error_code="bought", sent_at=None
            )
            RecoveryAttempt.objects.filter(pk=attempt.pk).update(message=None, arm="held_out")
        elif number < 2 * recovered:
            order = place(
                [(variant, 1, "")],
                slot=slot,
                at=AT + 2 * HOUR,
                customer=orders.Customer(name="P", email=f"p{number}@example.com", phone=""),
            )
            services.credit_order(order_id=order.pk, at=AT + 2 * HOUR)


def test_the_funnel_counts_each_stage_and_compares_the_groups(django_assert_num_queries):
    fill()
    bad = remind(leave(email="late@example.com"))
    Message.objects.filter(pk=bad.message_id).update(state="withheld", error_code="sold_out")
    with django_assert_num_queries(5):
        found = selectors.funnel(since=AT, until=AT + DAY, at=AT + DAY)
    (step,) = found.steps
    assert dict(step.stages) | {"held_out": step.held_out, "withheld": step.withheld} == {
        "planned": 4,
        "sent": 3,
        "delivered": 0,
        "opened": 0,
        "clicked": 0,
        "restored": 0,
        "recovered": 2,
        "held_out": 3,
        "withheld": 1,
    }
    assert step.revenue == Decimal("20.00")
    assert found.reasons == [("sold_out", 1)]
    assert (found.reminded.hits, found.reminded.total) == (2, 4)
    assert (found.held_out.hits, found.held_out.total) == (0, 3)
    assert found.effect.value == pytest.approx(0.5)
    assert found.is_enough
    outside = selectors.funnel(since=AT + DAY, until=AT + 2 * DAY, at=AT + DAY)
    assert (outside.steps, outside.effect) == ([], None)


def test_what_was_opened_and_clicked_is_counted_of_what_was_sent():
    fill()
    first, second = RecoveryAttempt.objects.exclude(arm="held_out").order_by("pk")[:2]
    for attempt in (first, second):
        Message.objects.filter(pk=attempt.message_id).update(state="delivered", opened_at=AT + HOUR)
    RecoveryAttempt.objects.filter(pk=second.pk).update(clicked_at=AT + HOUR, restored_at=AT + HOUR)
    (step,) = selectors.funnel(since=AT, until=AT + DAY, at=AT + DAY).steps
    stages = dict(step.stages)
    assert [stages[name] for name in ("sent", "delivered", "opened", "clicked", "restored")] == [
        *(3, 2, 2, 1, 1)
    ]


def test_too_few_carts_are_not_compared():
    fill(4)
    services.change_policy(values={"fewest_carts": 3}, actor="user:1", at=AT)
    found = selectors.funnel(since=AT, until=AT + DAY, at=AT + DAY)
    assert (found.is_enough, found.effect) == (False, None)
    assert found.reminded is not None


@pytest.fixture
def recent():
    """Attempts of a moment ago: the console and the API look at the last days."""
    fill(4)
    at = clock.now() - HOUR
    RecoveryAttempt.objects.update(planned_at=at, touched_at=at - HOUR)
    return RecoveryAttempt.objects.order_by("pk")


def test_staff_read_the_funnel_and_the_attempts_over_the_api(recent, django_assert_max_num_queries):
    manager = people.api(people.log_in(people.staff("manager")).access)
    found = manager.get(f"{API}/funnel").json()
    assert [(row["step"], row["planned"], row["recovered"]) for row in found["steps"]] == [
        (1, 2, 2)
    ]
    assert found["effect"] is None
    with django_assert_max_num_queries(8):
        page = manager.get(f"{API}/attempts").json()
    assert {row["state"] for row in page["results"]} == {"held_out", "sent"}
    assert "example.com" not in str(page)
    held = manager.get(f"{API}/attempts?state=held_out&step=1").json()["results"]
    assert len(held) == 2
    for state in ("planned", "withheld", "failed", "delivered"):
        assert manager.get(f"{API}/attempts?state={state}").json()["results"] == []
    assert manager.get(f"{API}/attempts?state=odd").status_code == 400
    assert manager.get(f"{API}/funnel?days=0").status_code == 400


def test_only_managers_see_and_change_it(recent):
    cashier = people.api(people.log_in(people.staff("cashier")).access)
    for path in ("funnel", "attempts", "policy", "rules"):
        assert cashier.get(f"{API}/{path}").status_code == 403
    assert cashier.patch(f"{API}/policy", {"is_on": False}, format="json").status_code == 403
    console = people.browser(people.staff("kitchen"), verified=True)
    for path in ("", "funnel/", "rules/", "rules/policy/", "rules/1/"):
        assert console.get(f"{CONSOLE}{path}").status_code == 403


def test_the_console_shows_the_funnel_and_each_attempt(recent):
    manager = people.browser(people.staff("manager"), verified=True)
    page = manager.get(f"{CONSOLE}funnel/?days=7").content.decode()
    assert "Not enough carts yet" in page
    assert "$20.00 came back" in page
    listed = manager.get(CONSOLE).content.decode()
    assert "held out" in listed
    assert recent[0].order.number in listed
    one = manager.get(f"{CONSOLE}{recent[0].pk}/change/").content.decode()
    assert "example.com" not in listed + one
    file = manager.get(f"{CONSOLE}funnel/?days=7&format=csv").content.decode()
    assert file.splitlines()[1] == "1,2,0,2,0,0,0,0,2,2,20.00,CAD"


def test_the_list_takes_as_many_queries_for_many(recent, django_assert_num_queries):
    manager = people.browser(people.staff("manager"), verified=True)
    counts = []
    for _ in range(2):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            manager.get(CONSOLE)
        counts.append(len(seen))
        for number in range(5):
            rule = RecoveryRule.objects.first()
            RecoveryAttempt.objects.create(
                cart_id=Cart().pk, step=number + 3, rule=rule, arm="held_out",
                channel="email", touched_at=AT, planned_at=AT,
            )  # fmt: skip
    assert counts[0] == counts[1]


def test_managers_change_what_holds_in_the_console(recent):
    manager = people.browser(people.staff("manager"), verified=True)
    page = manager.get(f"{CONSOLE}rules/").content.decode()
    assert "Reminders are on." in page
    form = {"delay_minutes": 90, "channel": "mail", "wording": "cart_left", "coupon_valid_days": 7}
    assert manager.post(f"{CONSOLE}rules/1/", {**form, "is_active": "on"}).status_code == 302
    assert selectors.current_rules(at=clock.now())[0].delay_minutes == 90
    refused = manager.post(f"{CONSOLE}rules/1/", {**form, "is_active": "on", "delay_minutes": 9999})
    assert "would not be in order" in refused.content.decode()
    assert manager.get(f"{CONSOLE}rules/77/").status_code == 404
    policy = selectors.current_policy(at=clock.now())
    names = [f.name for f in policy._meta.fields if f.name not in {"id", "valid_from", "is_on"}]
    given = {name: getattr(policy, name) for name in names}
    assert manager.post(f"{CONSOLE}rules/policy/", given).status_code == 302
    assert not selectors.current_policy(at=clock.now()).is_on
