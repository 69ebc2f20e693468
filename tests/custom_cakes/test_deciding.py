"""Staff decide: approve, counter, ask, refuse, take back, renew."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.custom_cakes import services
from apps.custom_cakes.models import Quote
from apps.custom_cakes.states import QuoteKind, QuoteState, RequestStatus
from apps.inventory.models import Hold, Slot
from apps.inventory.states import HoldState
from apps.notifications.models import Message
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import Channel, OrderStatus, PaymentOutcome
from apps.pricing.models import Decision, LabourRecord
from bakery.kernel.errors import Conflict, Invalid, NotFound, Refused
from bakery.kernel.models import AuditEntry
from tests.custom_cakes.factories import make_wishes, submit
from tests.custom_cakes.offers import (
    OTHER,
    STAFF,
    approve,
    counter,
    later,
    pay_order,
    slot_of,
    terms,
)
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db


def refused(code, call, /, kind=Conflict, **values):
    with pytest.raises(kind) as caught:
        call(**values)
    assert caught.value.code == code
    return caught.value


def test_nothing_is_ordered_before_it_is_approved():
    request = submit()
    services.ask_customer(
        request_id=request.pk, expected_version=1, text="Which blue?", actor=STAFF, at=AT
    )
    assert not Order.objects.exists()
    assert not Hold.objects.exists()


def test_approving_places_one_order_at_the_price_that_was_typed():
    request = submit()
    slot = slot_of(request)
    quote = approve(request, price=Decimal("180.00"), reason="a friend of the house")
    request.refresh_from_db()
    order = quote.order
    assert request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    assert (request.order, request.version) == (order, 2)
    assert (order.number, order.channel) == (request.number, Channel.CUSTOM)
    assert order.status == OrderStatus.PENDING_PAYMENT
    line = order.lines.get()
    assert line.unit_price == Decimal("180.00")
    assert line.message == "Happy birthday, Zoë"
    # A whole cake is zero-rated in Ontario.
    assert quote.total == order.total == Decimal("180.00")
    assert (quote.kind, quote.state) == (QuoteKind.APPROVAL, QuoteState.OPEN)
    assert order.hold_expires_at == quote.expires_at == AT + timedelta(hours=72)
    slot.refresh_from_db()
    assert (slot.booked, slot.decorator_booked > 0) == (1, True)


def test_the_decision_is_kept_beside_what_was_predicted():
    request = submit()
    quote = approve(request, price=Decimal("180.00"), reason="a friend of the house")
    decision = Decision.objects.get()
    assert decision.prediction_id == quote.prediction_id
    assert (decision.final_price, decision.actor) == (Decimal("180.00"), STAFF)
    assert decision.prediction.subject == request.number
    entry = AuditEntry.objects.get(action="custom_cakes.approve")
    assert entry.object_id == str(request.pk)
    assert entry.changes["price"][1] == "180.00"


def test_far_from_what_was_predicted_a_reason_is_needed():
    request = submit()
    refused(
        "reason_missing",
        services.approve_request,
        Invalid,
        **terms(request, price=Decimal("2000.00")),
    )
    assert not Order.objects.exists()
    refused(
        "reason_missing",
        services.approve_request,
        Invalid,
        **terms(request, servings_least=1, servings_most=2),
    )
    assert approve(request, price=Decimal("2000.00"), reason="gold leaf all over").order


def test_below_the_floor_a_manager_and_a_reason_are_needed():
    request = submit()
    low = terms(request, price=Decimal("10.00"), reason="charity")
    error = refused("below_floor", services.approve_request, Refused, **low)
    assert Decimal(error.details["floor"]) > 10
    refused(
        "reason_missing",
        services.approve_request,
        Invalid,
        **{**low, "reason": " ", "may_go_below_floor": True},
    )
    assert services.approve_request(**{**low, "may_go_below_floor": True}).price == 10


def test_who_has_not_seen_the_last_change_is_told_what_it_was():
    request = submit()
    stale = terms(request)
    services.ask_customer(
        request_id=request.pk,
        expected_version=1,
        text="Which blue?",
        actor=OTHER,
        at=later(minutes=1),
    )
    error = refused("stale_request", services.approve_request, **stale)
    assert error.details["version"] == 2
    assert any("Which blue?" in change["text"] for change in error.details["changes"])
    assert all(change["at"] == later(minutes=1).isoformat() for change in error.details["changes"])
    assert not Order.objects.exists()


def test_what_is_approved_cannot_be_decided_about_again():
    quote = approve()
    again = terms(quote.request)
    refused("not_decidable", services.approve_request, **again)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"price": Decimal("NaN")}, "bad_price"),
        ({"price": Decimal("1E+30")}, "bad_price"),
        ({"price": Decimal("12.345")}, "bad_price"),
        ({"servings_least": 0}, "bad_servings"),
        ({"servings_least": 60, "servings_most": 50}, "bad_servings"),
        ({"slot_id": 2**62}, "slot_unknown"),
        ({"words": "a\x00b"}, "unprintable"),
        ({"reason": "x" * 501}, "too_long"),
        ({"expires_at": AT + timedelta(minutes=5)}, "bad_expiry"),
        ({"expires_at": AT + timedelta(days=60)}, "bad_expiry"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(values, code):
    request = submit()
    refused(code, services.approve_request, Invalid, **terms(request, **values))
    request.refresh_from_db()
    assert (request.version, Order.objects.count()) == (1, 0)


def test_of_a_request_that_is_not_there_nothing_can_be_decided():
    request = submit()
    missing = {**terms(request), "request_id": 2**62}
    refused("request_not_found", services.approve_request, NotFound, **missing)


def test_taken_back_the_offer_is_dead_and_its_place_free():
    quote = approve()
    order, request = quote.order, quote.request
    services.take_back(
        request_id=request.pk, expected_version=2, reason="the oven broke", actor=STAFF, at=AT
    )
    request.refresh_from_db()
    quote.refresh_from_db()
    order.refresh_from_db()
    assert (request.status, request.order) == (RequestStatus.PENDING_REVIEW, None)
    assert quote.state == QuoteState.SUPERSEDED
    assert (order.status, order.superseded_at) == (OrderStatus.CANCELLED, AT)
    assert Slot.objects.get(pk=quote.slot_id).booked == 0
    assert pay_order(order) == PaymentOutcome.UNFULFILLABLE
    request.refresh_from_db()
    assert request.status == RequestStatus.PENDING_REVIEW


def test_approved_anew_it_has_another_order_of_the_same_number():
    first = approve()
    request = first.request
    services.take_back(
        request_id=request.pk, expected_version=2, reason="a mistake", actor=STAFF, at=AT
    )
    second = approve(request)
    assert second.order.number == f"{request.number}-2"
    assert second.no == 2
    assert Slot.objects.get(pk=second.slot_id).booked == 1


def test_what_is_paid_is_not_taken_back():
    quote = approve()
    assert pay_order(quote.order) == PaymentOutcome.CONFIRMED
    refused(
        "already_paid",
        services.take_back,
        request_id=quote.request_id,
        expected_version=2,
        reason="sorry",
        actor=STAFF,
        at=AT,
    )
    assert services.follow_order(order_id=quote.order_id, at=AT)
    quote.request.refresh_from_db()
    quote.refresh_from_db()
    assert quote.request.status == RequestStatus.PAID
    assert quote.state == QuoteState.ACCEPTED


def test_another_offer_keeps_its_place_until_it_is_taken():
    request = submit(wishes=make_wishes())
    quote = counter(request)
    request.refresh_from_db()
    assert request.status == RequestStatus.COUNTER_OFFERED
    assert (quote.order, Order.objects.count()) == (None, 0)
    assert any("6 in round" in change for change in quote.changes)
    slot = Slot.objects.get(pk=quote.slot_id)
    assert slot.booked == 1
    services.accept_counter(request_id=request.pk, at=later(hours=1))
    request.refresh_from_db()
    slot.refresh_from_db()
    quote.refresh_from_db()
    assert slot.booked == 1
    assert (request.status, request.revision) == (RequestStatus.APPROVED_AWAITING_PAYMENT, 2)
    assert (quote.state, quote.order.lines.get().unit_price) == (QuoteState.ACCEPTED, quote.price)
    assert quote.order.total == quote.total
    assert Hold.objects.filter(state=HoldState.HELD).count() == 1


def test_the_very_cake_that_was_asked_for_is_no_counter_offer():
    request = submit()
    design = request.revisions.get().design
    with pytest.raises(Invalid) as caught:
        counter(request, design=design)
    assert caught.value.code == "nothing_changed"


def test_an_offer_that_nobody_takes_lapses_once_and_frees_its_place(drain_outbox):
    request = submit()
    quote = counter(request, expires_at=later(hours=9))
    assert services.lapse_counters(at=quote.expires_at - timedelta(seconds=1)) == 0
    assert services.lapse_counters(at=quote.expires_at) == 1
    assert services.lapse_counters(at=quote.expires_at) == 0
    request.refresh_from_db()
    assert request.status == RequestStatus.EXPIRED
    assert Slot.objects.get(pk=quote.slot_id).booked == 0
    drain_outbox()
    assert Message.objects.filter(kind="lapsed").count() == 1
    refused("offer_over", services.accept_counter, request_id=request.pk, at=quote.expires_at)


def test_a_counter_offer_that_is_approved_after_all_gives_its_place_back():
    request = submit()
    first = counter(request)
    second = approve(request)
    first.refresh_from_db()
    assert first.state == QuoteState.SUPERSEDED
    assert Slot.objects.get(pk=second.slot_id).booked == 1
    assert second.order.number == request.number


def test_lapsed_and_renewed_at_its_price(drain_outbox):
    quote = approve(price=Decimal("180.00"), reason="a friend", expires_at=later(hours=9))
    over = quote.expires_at + timedelta(minutes=1)
    assert orders.expire_overdue(at=over) == 1
    drain_outbox()
    request = quote.request
    request.refresh_from_db()
    quote.refresh_from_db()
    assert (request.status, quote.state) == (RequestStatus.EXPIRED, QuoteState.EXPIRED)
    again = services.renew_offer(
        request_id=request.pk,
        expected_version=request.version,
        slot_id=None,
        expires_at=None,
        actor=STAFF,
        at=over,
    )
    assert (again.kind, again.price) == (QuoteKind.RENEWAL, Decimal("180.00"))
    assert again.order.number == f"{request.number}-2"
    # The old order cannot come to life beside the new one.
    assert pay_order(quote.order, at=over) == PaymentOutcome.UNFULFILLABLE
    drain_outbox()
    request.refresh_from_db()
    assert request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    assert Slot.objects.get(pk=again.slot_id).booked == 1


def test_refused_with_the_reason_and_an_invitation(drain_outbox):
    request = submit()
    services.reject_request(
        request_id=request.pk, expected_version=1, reason="No fondant in July.", actor=STAFF, at=AT
    )
    request.refresh_from_db()
    assert request.status == RequestStatus.REJECTED
    drain_outbox()
    mail = Message.objects.get(kind="rejected")
    assert mail.recipient == request.customer_email
    assert "No fondant in July." in mail.context["text"]


def test_a_question_without_words_is_none():
    request = submit()
    refused(
        "text_missing",
        services.ask_customer,
        Invalid,
        request_id=request.pk,
        expected_version=1,
        text="  ",
        actor=STAFF,
        at=AT,
    )


def test_the_mail_says_price_servings_link_number_and_until_when(drain_outbox):
    quote = approve()
    drain_outbox()
    mail = Message.objects.get(kind="approved")
    context = mail.context
    assert context["number"] == quote.request.number
    assert context["pay_path"].startswith("/pay/")
    assert str(quote.total) in context["total"]
    assert context["serves"] == f"{quote.servings_least} to {quote.servings_most}"
    assert context["words"] == "Keep it cool."
    assert Message.objects.filter(kind="order_received").count() == 0


def test_news_of_an_order_may_come_twice_late_and_out_of_order(drain_outbox):
    quote = approve()
    request = quote.request
    pay_order(quote.order)
    orders.cancel_order(order_id=quote.order_id, actor=STAFF, reason="", at=AT)
    # What happened last is heard of first, and then everything once more.
    assert services.follow_order(order_id=quote.order_id, at=AT)
    request.refresh_from_db()
    assert request.status == RequestStatus.CANCELLED
    version = request.version
    drain_outbox()
    request.refresh_from_db()
    assert (request.status, request.version) == (RequestStatus.CANCELLED, version)
    moves = request.transitions.filter(new__in=["paid", "cancelled"])
    assert [move.new for move in moves] == ["paid", "cancelled"]


def test_a_late_payment_brings_the_request_back_with_its_order():
    quote = approve(expires_at=later(hours=9))
    over = quote.expires_at + timedelta(minutes=1)
    orders.expire_overdue(at=over)
    services.follow_order(order_id=quote.order_id, at=over)
    assert pay_order(quote.order, at=over) == PaymentOutcome.CONFIRMED
    services.follow_order(order_id=quote.order_id, at=over)
    quote.refresh_from_db()
    quote.request.refresh_from_db()
    assert (quote.request.status, quote.state) == (RequestStatus.PAID, QuoteState.ACCEPTED)


def test_an_unpaid_order_that_is_called_off_withdraws_its_request(drain_outbox):
    quote = approve()
    orders.cancel_order(order_id=quote.order_id, actor="customer", reason="", at=AT)
    drain_outbox()
    quote.request.refresh_from_db()
    assert quote.request.status == RequestStatus.WITHDRAWN


def test_measured_work_is_kept_beside_the_estimate():
    quote = approve()
    line = quote.order.lines.get()
    for _ in range(2):
        services.record_labour(order_id=quote.order_id, line_id=line.pk, minutes=90, at=AT)
    record = LabourRecord.objects.get()
    assert record.hours == Decimal("1.5")
    assert record.estimated_hours == Decimal(quote.revision.facts["estimated_hours"])


def test_a_note_for_the_shop_is_kept():
    request = submit()
    services.write_note(
        request_id=request.pk, expected_version=1, text="Knows the owner", actor=STAFF, at=AT
    )
    request.refresh_from_db()
    assert (request.internal_note, request.version) == ("Knows the owner", 2)


def test_one_offer_at_a_time_is_in_force():
    quote = approve()
    assert (
        Quote.objects.filter(
            request=quote.request, state__in=[QuoteState.OPEN, QuoteState.ACCEPTED]
        ).count()
        == 1
    )
