"""Which carts are due when, who is reminded, and what is judged again at the moment of sending."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.inventory import services as inventory
from apps.inventory.models import Slot
from apps.inventory.states import StockReason
from apps.notifications.models import Message
from apps.notifications.states import Channel, MessageState, SubscriptionState, Topic
from apps.orders import selectors
from apps.orders import services as orders
from apps.recovery import services
from apps.recovery.models import RecoveryAttempt, RecoveryRule
from apps.recovery.rules.groups import arm_of
from apps.recovery.rules.timing import Limits, Step, due_step
from apps.recovery.selectors.people import person_of
from apps.recovery.states import Arm
from tests.orders.factories import AT, make_slot, make_variant, place
from tests.recovery.factories import (
    DAY,
    HOUR,
    MAILBOX,
    PHONE,
    agree,
    hold,
    judged,
    leave,
    leave_account,
    make_customer,
    messages,
    remind,
)

pytestmark = pytest.mark.django_db
STEPS = [Step(11, 1, HOUR), Step(12, 2, DAY)]
LIMITS = Limits(longest=3 * DAY, gap=12 * HOUR)
SECOND = timedelta(seconds=1)


def due(age, *done, at=AT):
    found = due_step(
        STEPS,
        touched_at=at - age,
        done=[(number, at - before) for number, before in done],
        limits=LIMITS,
        at=at,
    )
    return found and found.number


@pytest.mark.parametrize(
    ("age", "done", "step"),
    [
        (HOUR - SECOND, (), None),
        (HOUR, (), 1),
        (DAY - SECOND, (), 1),
        (DAY, (), 2),  # the first was missed: one, not two
        (3 * DAY - SECOND, (), 2),
        (3 * DAY, (), None),
        (DAY, ((1, 23 * HOUR),), 2),
        (DAY, ((1, 12 * HOUR),), 2),
        (DAY, ((1, 12 * HOUR - SECOND),), None),  # too soon after the first
        (2 * HOUR, ((1, HOUR),), None),
        (2 * DAY, ((2, DAY),), None),
        (2 * DAY, ((1, 40 * HOUR), (2, DAY)), None),
    ],
)
def test_a_step_is_due_at_its_minute(age, done, step):
    assert due(age, *done) == step


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),  # 01:30 in Toronto for the second time
        datetime(2026, 3, 8, 7, 30, tzinfo=UTC),  # 03:30, half an hour after 01:59
    ],
)
def test_an_hour_is_an_hour_when_clocks_change(at):
    assert due(HOUR - SECOND, at=at) is None
    assert due(HOUR, at=at) == 1


def test_people_are_held_out_by_their_share_and_stay_there():
    people = [f"mail:{number}" for number in range(4000)]
    held = {x for x in people if arm_of(x, percent=Decimal(10)) is Arm.HELD_OUT}
    assert 340 < len(held) < 460
    assert held == {x for x in people if arm_of(x, percent=Decimal(10)) is Arm.HELD_OUT}
    assert held <= {x for x in people if arm_of(x, percent=Decimal(20)) is Arm.HELD_OUT}
    assert {arm_of(x, percent=Decimal(0)) for x in people} == {Arm.REMINDED}


def test_a_cart_is_reminded_of_after_an_hour_and_after_a_day_and_never_again():
    hold()
    cart = leave()
    assert services.plan_reminders(at=AT + HOUR - SECOND) == 0
    assert services.plan_reminders(at=AT + HOUR) == 1
    assert services.plan_reminders(at=AT + HOUR) == 0
    assert services.plan_reminders(at=AT + DAY) == 1
    assert services.plan_reminders(at=AT + DAY + 13 * HOUR) == 0
    assert list(
        RecoveryAttempt.objects.filter(cart_id=cart.pk).order_by("pk").values_list("step", "arm")
    ) == [(1, "reminded"), (2, "reminded")]
    assert [(m.kind, m.recipient, m.topic) for m in messages()] == [
        ("cart_left", MAILBOX, "cart"),
        ("cart_last_call", MAILBOX, "cart"),
    ]
    assert {m.expires_at for m in messages()} == {AT + 3 * DAY}


def test_looking_at_a_cart_is_no_activity():
    hold()
    cart = leave()
    selectors.cart_view(cart.pk, at=AT + 30 * timedelta(minutes=1))
    assert services.plan_reminders(at=AT + HOUR) == 1


@pytest.mark.parametrize("state", [SubscriptionState.PENDING, SubscriptionState.WITHDRAWN, None])
def test_nobody_is_reminded_without_a_consent(state):
    hold()
    leave(willing=False)
    if state:
        agree(state=state)
    assert services.plan_reminders(at=AT + HOUR) == 0
    agree()
    assert services.plan_reminders(at=AT + HOUR) == 1


def test_carts_of_nobody_empty_ones_and_ordered_ones_are_left_alone():
    hold()
    variant = make_variant()
    orders.put_line(
        cart_id=orders.create_cart(at=AT).pk, variant_id=variant.pk, quantity=1, message="", at=AT
    )
    emptied = leave([(variant, 1, "")], email="bob@example.com")
    orders.remove_line(cart_id=emptied.pk, line_id=emptied.lines.get().pk, at=AT)
    bought = leave([(variant, 1, "")])
    orders.place_order(
        cart_id=bought.pk,
        customer=orders.Customer(name="Ada", email="else@example.com", phone=""),
        slot_id=make_slot().pk,
        expected_total=None,
        at=AT,
    )
    unproved = make_customer("new@example.com")
    unproved.email_verified_at = None
    unproved.save()
    leave_account(unproved)
    leave_account(make_customer("boss@example.com", is_staff=True))
    assert services.plan_reminders(at=AT + HOUR) == 0
    leave_account(make_customer("eve@example.com"))
    assert services.plan_reminders(at=AT + HOUR) == 1


def test_a_text_goes_first_where_it_was_agreed_to_and_a_mail_second():
    hold()
    leave(phone=PHONE)
    services.plan_reminders(at=AT + HOUR)
    services.plan_reminders(at=AT + DAY)
    assert [(m.channel, m.recipient) for m in messages()] == [
        (Channel.SMS, PHONE),
        (Channel.EMAIL, MAILBOX),
    ]
    assert messages()[0].body == (
        "Sweet Rise Bakery: you left 2 things in your cart. Reply STOP to end. Open it:"
    )


def test_a_cart_gets_one_text_in_48_hours():
    hold()
    RecoveryRule.objects.create(
        step=2, valid_from=AT, delay_minutes=1440, channel="text", wording="cart_last_call"
    )
    leave(phone=PHONE)
    services.plan_reminders(at=AT + HOUR)
    services.plan_reminders(at=AT + DAY)
    assert [m.channel for m in messages()] == [Channel.SMS, Channel.EMAIL]


@pytest.mark.parametrize(
    ("state", "sent_after", "channels"),
    [
        (MessageState.QUEUED, None, [Channel.SMS, Channel.EMAIL]),
        (MessageState.SENT, 10 * HOUR, [Channel.SMS, Channel.EMAIL]),
        (MessageState.SENT, HOUR, [Channel.SMS, Channel.SMS]),
    ],
)
def test_the_48_hours_count_from_when_the_text_went_out(state, sent_after, channels):
    hold(longest_hours=120)
    RecoveryRule.objects.create(
        step=2, valid_from=AT, delay_minutes=50 * 60, channel="text", wording="cart_last_call"
    )
    leave(phone=PHONE)
    services.plan_reminders(at=AT + HOUR)
    sent_at = AT + sent_after if sent_after else None
    Message.objects.filter(topic=Topic.CART).update(state=state, sent_at=sent_at)
    services.plan_reminders(at=AT + 50 * HOUR)
    assert [m.channel for m in messages()] == channels


def test_a_number_that_said_nothing_yet_gets_a_mail():
    hold()
    leave(phone=PHONE)
    agree(PHONE, state=SubscriptionState.PENDING)
    assert remind_channel() == Channel.EMAIL


def remind_channel():
    services.plan_reminders(at=AT + HOUR)
    return messages()[0].channel


def test_one_person_is_reminded_of_one_cart_in_48_hours_whatever_the_spelling():
    hold()
    leave(at=AT)
    leave(email="ada+cake@example.com", at=AT + timedelta(minutes=1))
    assert services.plan_reminders(at=AT + 2 * HOUR) == 1
    assert services.plan_reminders(at=AT + 47 * HOUR) == 1  # the second step of the first cart
    assert len({m.dedupe_key.split(":")[1] for m in messages()}) == 1


def of_each_group(percent, count=2):
    """Return addresses of people who are reminded, and of others who are held out."""
    found = {arm: [] for arm in Arm}
    for number in range(1000):
        email = f"p{number}@example.com"
        group = found[arm_of(person_of(email=email), percent=percent)]
        if len(group) < count:
            group.append(email)
    return found[Arm.REMINDED], found[Arm.HELD_OUT]


def test_held_out_carts_are_noted_at_the_same_moment_and_told_nothing():
    hold(holdout_percent=Decimal(50))
    variant = make_variant()
    told, held = of_each_group(Decimal(50))
    for email in (*told, *held):
        leave([(variant, 1, "")], email=email)
    assert services.plan_reminders(at=AT + HOUR) == 4
    rows = RecoveryAttempt.objects.filter(arm=Arm.HELD_OUT)
    assert [(x.message_id, x.planned_at) for x in rows] == [(None, AT + HOUR)] * 2
    # Raising the share moves nobody in the middle of a cart.
    services.change_policy(values={"holdout_percent": Decimal(0)}, actor="user:1", at=AT + 2 * HOUR)
    assert services.plan_reminders(at=AT + DAY) == 4
    assert rows.all().count() == 4
    assert sorted(m.recipient for m in messages()) == sorted(told * 2)


def test_nothing_is_planned_or_sent_once_it_is_switched_off():
    hold()
    attempt = remind()
    assert judged(attempt) == ""
    services.change_policy(values={"is_on": False}, actor="user:1", at=AT + HOUR)
    assert judged(attempt) == "switched_off"
    leave(email="bob@example.com")
    assert services.plan_reminders(at=AT + HOUR) == 0


@pytest.mark.parametrize("whose", ["cart", "mailbox", "phone", "account"])
def test_who_bought_between_planning_and_sending_is_not_reminded(whose):
    hold()
    user = make_customer() if whose == "account" else None
    cart = leave_account(user) if user else leave(phone=PHONE)
    attempt = remind(cart)
    assert judged(attempt) == ""
    named = {"email": "other@example.com", "phone": ""}
    named |= {"mailbox": {"email": "ADA@example.com"}, "phone": {"phone": PHONE}}.get(whose, {})
    customer = orders.Customer(name="Ada", user_id=user.pk if user else None, **named)
    if whose == "cart":
        orders.place_order(
            cart_id=cart.pk,
            customer=customer,
            slot_id=make_slot().pk,
            expected_total=None,
            at=AT + HOUR,
        )
    else:
        place([(make_variant(), 1, "")], customer=customer, at=AT + HOUR)
    assert judged(attempt, at=AT + 2 * HOUR) == "bought"


def test_who_is_active_again_is_not_reminded():
    hold()
    cart = leave()
    attempt = remind(cart)
    line = cart.lines.get()
    orders.put_line(
        cart_id=cart.pk, variant_id=line.variant_id, quantity=3, message="", at=AT + 2 * HOUR
    )
    assert judged(attempt, at=AT + 2 * HOUR) == "active_again"
    orders.remove_line(cart_id=cart.pk, line_id=line.pk, at=AT + 2 * HOUR)
    assert judged(attempt, at=AT + 2 * HOUR) == "cart_empty"


def test_what_is_sold_out_is_left_out_and_nothing_else_is_no_mail():
    hold()
    gone, there = make_variant(stock=2, product_name="Bun"), make_variant(product_name="Tart")
    cart = leave([(gone, 2, ""), (there, 1, "")])
    attempt = remind(cart)
    _throw_away(gone, 2)
    assert judged(attempt) == ""
    said = services.reminder_mail(context={"attempt_id": attempt.pk}, at=AT + HOUR)
    assert [line["name"] for line in said["lines"]] == ["Tart"]
    assert said["missing"] == 1
    _throw_away(there, 10)
    assert judged(attempt) == "sold_out"


def _throw_away(variant, count):
    inventory.adjust_stock(
        variant_id=variant.pk,
        delta=-count,
        reason=StockReason.WASTE,
        note="",
        actor="system",
        at=AT,
    )


def test_a_cart_that_cannot_be_picked_up_is_not_reminded_of():
    hold()
    attempt = remind()
    Slot.objects.all().delete()
    assert judged(attempt) == "no_pickup"


def test_a_cart_that_went_along_into_an_account_is_not_reminded_of_for_its_guest():
    hold()
    cart = leave()
    attempt = remind(cart)
    user = make_customer("signed@example.com")
    orders.adopt_cart(cart_id=cart.pk, user_id=user.pk, at=AT + HOUR)
    assert judged(attempt) == "cart_empty"


def test_the_sweep_asks_little_of_carts_that_are_not_due(django_assert_max_num_queries):
    hold()
    for number in range(6):
        leave(email=f"p{number}@example.com", willing=False)
    with django_assert_max_num_queries(3):
        assert services.plan_reminders(at=AT + HOUR) == 0
