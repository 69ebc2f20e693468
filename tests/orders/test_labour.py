"""Timers on the board: who works on what for how long, and what is told of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.orders import selectors, services
from apps.orders.models import BoardEvent, LabourTimer
from apps.orders.rules.labour import end_of, minutes_of
from apps.pricing.models import LabourRecord
from apps.pricing.selectors import labour_factor
from bakery.kernel.errors import DomainError
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people
from tests.orders.factories import AT, make_cake, place_paid
from tests.orders.private import place_private

pytestmark = pytest.mark.django_db
ROSA, SAM = "user:7", "user:8"


@pytest.fixture
def order():
    return place_paid()


def after(minutes):
    return AT + timedelta(minutes=minutes)


def line_of(order):
    return order.lines.get().pk


def start(order, *, worker=ROSA, at=AT):
    return services.start_timer(order_id=order.pk, line_id=line_of(order), worker=worker, at=at)


def stop(order, *, worker=ROSA, at):
    return services.stop_timer(order_id=order.pk, line_id=line_of(order), worker=worker, at=at)


def make_ready(order, *, at):
    services.start_production(order_id=order.pk, actor=ROSA, at=AT)
    services.mark_ready(order_id=order.pk, actor=ROSA, at=at)


def told():
    rows = OutboxMessage.objects.filter(kind="orders.labour_measured").order_by("pk")
    return [(row.payload["line_id"], row.payload["minutes"]) for row in rows]


def test_several_people_work_on_a_line_and_their_minutes_add_up(order):
    start(order)
    start(order, worker=SAM, at=after(10))
    stop(order, at=after(30))
    stop(order, worker=SAM, at=after(55))
    start(order, at=after(60))
    stop(order, at=after(75))
    assert selectors.minutes_by_line(order.pk) == {line_of(order): 30 + 45 + 15}


def test_starting_twice_is_as_once(order):
    first = start(order)
    assert start(order, at=after(5)).pk == first.pk
    assert LabourTimer.objects.count() == 1


def test_the_board_shows_who_is_at_work(order):
    start(order)
    event = BoardEvent.objects.order_by("-seq").first()
    (line,) = event.payload["lines"]
    assert event.kind == "labour"
    assert line["id"] == line_of(order)
    assert (line["worked_minutes"], line["at_work"]) == (
        0,
        [{"worker": ROSA, "since": AT.isoformat()}],
    )
    stop(order, at=after(20))
    (line,) = BoardEvent.objects.order_by("-seq").first().payload["lines"]
    assert (line["worked_minutes"], line["at_work"]) == (20, [])
    assert selectors.ticket_of(order)["lines"][0]["worked_minutes"] == 20


def test_a_start_is_taken_back(order):
    start(order)
    services.undo_timer(order_id=order.pk, line_id=line_of(order), worker=ROSA, at=after(1))
    assert not LabourTimer.objects.exists()
    with pytest.raises(DomainError, match="no timer"):
        services.undo_timer(order_id=order.pk, line_id=line_of(order), worker=ROSA, at=after(1))


def test_nobody_stops_or_takes_back_what_another_started(order):
    start(order)
    with pytest.raises(DomainError) as caught:
        stop(order, worker=SAM, at=after(5))
    assert caught.value.code == "not_running"


def test_nothing_is_timed_on_what_is_not_to_be_made(order):
    unpaid = place_private()
    with pytest.raises(DomainError) as caught:
        start(unpaid)
    assert caught.value.code == "not_workable"
    with pytest.raises(DomainError) as caught:
        services.start_timer(order_id=order.pk, line_id=10**12, worker=ROSA, at=AT)
    assert caught.value.code == "line_not_found"
    with pytest.raises(DomainError) as caught:
        services.start_timer(order_id=order.pk, line_id=line_of(unpaid), worker=ROSA, at=AT)
    assert caught.value.code == "line_not_found"


def test_when_the_order_is_ready_what_runs_is_stopped_and_the_total_told_once(order):
    start(order)
    start(order, worker=SAM, at=after(20))
    make_ready(order, at=after(60))
    assert set(told()) == {(line_of(order), 60 + 40)}
    rows = OutboxMessage.objects.filter(kind="orders.labour_measured").count()
    services.step_back(order_id=order.pk, reason="too early", actor=ROSA, at=after(61))
    services.mark_ready(order_id=order.pk, actor=ROSA, at=after(62))
    assert OutboxMessage.objects.filter(kind="orders.labour_measured").count() == rows
    assert {timer.note for timer in LabourTimer.objects.all()} == {
        "stopped when the order was ready"
    }


def test_of_an_order_that_nobody_timed_nothing_is_told(order):
    make_ready(order, at=after(60))
    assert told() == []


def test_a_forgotten_timer_is_cut_off(order, settings):
    settings.KITCHEN_TIMER_MAX_MINUTES = 120
    start(order)
    make_ready(order, at=after(60 * 20))
    assert set(told()) == {(line_of(order), 120)}
    assert LabourTimer.objects.get().note == "not stopped in time: cut off"


def test_a_stretch_is_corrected_with_a_note_and_told_again_when_the_order_is_made(order):
    timer = start(order)
    make_ready(order, at=after(90))
    services.correct_timer(timer_id=timer.pk, minutes=45, note="lunch", actor=SAM, at=after(100))
    assert set(told()) == {(line_of(order), 90), (line_of(order), 45)}
    # The first total once more is news again.
    services.correct_timer(timer_id=timer.pk, minutes=90, note="no lunch", actor=SAM, at=after(110))
    assert [minutes for _, minutes in told()].count(90) == 2 * [m for _, m in told()].count(45)
    entry = AuditEntry.objects.filter(action="order.labour").earliest("pk")
    assert (entry.changes, entry.reason) == ({"minutes": [90, 45]}, "lunch")


@pytest.mark.parametrize(
    ("minutes", "note", "code"),
    [(-1, "x", "bad_minutes"), (1441, "x", "bad_minutes"), (5, " ", "bad_note")],
)
def test_absurd_corrections_are_refused(order, minutes, note, code):
    timer = start(order)
    with pytest.raises(DomainError) as caught:
        services.correct_timer(timer_id=timer.pk, minutes=minutes, note=note, actor=SAM, at=AT)
    assert caught.value.code == code


def test_calling_an_order_off_stops_its_timers_and_tells_nothing(order):
    start(order)
    services.cancel_order(order_id=order.pk, actor="user:1", reason="x", at=after(5))
    assert LabourTimer.objects.get().stopped_at == after(5)
    assert told() == []


def test_rounding_and_cutting_off_are_pure():
    class Row:
        def __init__(self, seconds):
            self.started_at = AT
            self.stopped_at = None if seconds is None else AT + timedelta(seconds=seconds)

    assert minutes_of([Row(29), Row(None)]) == 0
    assert minutes_of([Row(30)]) == 1
    assert minutes_of([Row(20), Row(20)]) == 1, "rounded once, not row by row"
    assert end_of(AT, at=after(5), most_minutes=10) == (after(5), False)
    assert end_of(AT, at=after(11), most_minutes=10) == (after(10), True)
    assert end_of(AT, at=after(-5), most_minutes=10) == (AT, False)


def test_staff_time_their_work_over_the_api(order):
    rosa = people.staff("decorator")
    api = people.api(people.log_in(rosa).access)
    url = f"/api/v1/staff/orders/{order.public_id}"
    timer = f"{url}/lines/{line_of(order)}/timer"
    begun = api.post(timer, {"action": "start"}, format="json")
    assert begun.status_code == 200
    assert begun.json()["timers"][0]["worker"] == f"user:{rosa.pk}"
    assert begun.json()["timers"][0]["minutes"] is None
    assert api.post(timer, {"action": "stop"}, format="json").json()["timers"][0]["minutes"] == 0
    (line,) = api.get(f"{url}/labour").json()
    fix = f"/api/v1/staff/timers/{line['timers'][0]['id']}"
    put_right = api.patch(fix, {"minutes": 75, "note": "forgot"}, format="json")
    assert put_right.json()["minutes"] == 75


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("lines/{line}/timer", {"action": "dance"}, 400),
        ("lines/{line}/timer", {}, 400),
        ("lines/{line}/timer", {"action": "stop"}, 409),
        ("lines/999999999999999999999/timer", {"action": "start"}, 404),
        ("lines/0/timer", {"action": "start"}, 404),
    ],
)
def test_absurd_timers_are_refused_over_the_api(order, path, body, status):
    api = people.api(people.log_in(people.staff("kitchen")).access)
    url = f"/api/v1/staff/orders/{order.public_id}/{path.format(line=line_of(order))}"
    assert api.post(url, body, format="json").status_code == status


@pytest.mark.parametrize(
    ("timer_id", "body", "status"),
    [
        ("{id}", {"minutes": "5", "note": "x"}, 400),
        ("{id}", {"minutes": True, "note": "x"}, 400),
        ("{id}", {"minutes": 5}, 400),
        ("{id}", {"minutes": 5, "note": "a\u0000b"}, 400),
        ("99999999999999999999", {"minutes": 5, "note": "x"}, 404),
    ],
)
def test_absurd_corrections_are_refused_over_the_api(order, timer_id, body, status):
    timer = start(order)
    api = people.api(people.log_in(people.staff("kitchen")).access)
    url = f"/api/v1/staff/timers/{timer_id.format(id=timer.pk)}"
    assert api.patch(url, body, format="json").status_code == status


def test_the_console_shows_the_work_on_an_order_and_puts_it_right(order):
    timer = start(order)
    client = people.browser(people.staff("kitchen"), verified=True)
    page = f"/console/orders/handover/{order.pk}/labour/"
    assert f"{page}" in client.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    assert "running" in client.get(page).content.decode()
    form = {"timer": timer.pk, "minutes": 45, "note": "lunch"}
    assert client.post(page, form).status_code == 302
    assert "45 minutes measured" in client.get(page).content.decode()
    assert client.post(page, {**form, "minutes": "many"}).status_code == 400
    other = place_paid(ref="pi_2")
    elsewhere = f"/console/orders/handover/{other.pk}/labour/"
    assert client.post(elsewhere, form).status_code == 400
    assert LabourTimer.objects.get().note == "lunch"


def test_a_line_taken_out_of_the_order_takes_its_timers_along():
    order = place_paid([(make_cake(), 1, ""), (make_cake(), 1, "")])
    services.start_production(order_id=order.pk, actor=ROSA, at=AT)
    gone, kept = order.lines.order_by("-position")
    services.start_timer(order_id=order.pk, line_id=gone.pk, worker=ROSA, at=AT)
    wish = services.EditWish(
        revision=0, lines=(services.LineWish(position=kept.position, quantity=1),)
    )
    services.edit_order(order_id=order.pk, wish=wish, actor="user:1", reason="changed", at=AT)
    assert not LabourTimer.objects.exists()


def test_what_a_cake_of_the_range_took_is_kept_beside_its_estimate(drain_outbox):
    size = make_cake()
    measures = {"shape": "round", "length_in": 8, "height_in": 4}
    for name, value in {**measures, "oven_minutes": 40, "decorator_minutes": 60}.items():
        setattr(size, name, value)
    size.save()
    order = place_paid([(size, 2, "")])
    start(order)
    make_ready(order, at=after(240))
    drain_outbox()
    # Four hours for two, where 60 minutes of decorating and half of 40 in the oven were reckoned.
    record = LabourRecord.objects.get()
    assert (record.hours, record.estimated_hours) == (Decimal(2), Decimal("1.333"))
    assert labour_factor(record.complexity, at=after(10**6)) > 1


def test_of_what_no_estimate_is_stated_for_nothing_is_learned(order, drain_outbox):
    start(order)
    make_ready(order, at=after(60))
    drain_outbox()
    assert told()
    assert not LabourRecord.objects.exists()
