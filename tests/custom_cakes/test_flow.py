"""What happens beside the straight way: late money, two clicks, other days, several people."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.catalog.models import Variant
from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.rules.link import request_token
from apps.custom_cakes.selectors.requests import shown_of
from apps.custom_cakes.services import lapsing, privacy
from apps.custom_cakes.states import QuoteState, RequestStatus
from apps.inventory.models import Blackout, Hold, SpecialDay
from apps.notifications.models import Message
from apps.orders import selectors as order_reads
from apps.orders import services as orders
from apps.orders.states import PaymentOutcome
from apps.pricing.models import LabourRecord
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from tests.accounts import people
from tests.custom_cakes.factories import make_wishes, submit
from tests.custom_cakes.offers import STAFF, approve, counter, pay_order
from tests.orders.factories import AT, make_slot

pytestmark = pytest.mark.django_db


def now(request: CakeRequest) -> CakeRequest:
    request.refresh_from_db()
    return request


def code_of(call, /, **values) -> str:
    with pytest.raises(Conflict) as caught:
        call(**values)
    return caught.value.code


def test_called_off_while_its_payment_was_under_way_it_is_paid_as_its_order_is():
    quote = approve()
    orders.cancel_order(order_id=quote.order_id, actor="customer", reason="", at=AT)
    services.follow_order(order_id=quote.order_id, at=AT)
    assert now(quote.request).status == RequestStatus.WITHDRAWN
    assert pay_order(quote.order) == PaymentOutcome.CONFIRMED
    # At once for who looks, and written down with the news.
    assert shown_of(now(quote.request), at=AT) == RequestStatus.PAID
    assert services.follow_order(order_id=quote.order_id, at=AT)
    quote.refresh_from_db()
    assert (now(quote.request).status, quote.state) == (RequestStatus.PAID, QuoteState.ACCEPTED)


def test_asked_for_once_more_after_calling_it_off_the_old_money_goes_back():
    quote = approve()
    orders.cancel_order(order_id=quote.order_id, actor="customer", reason="", at=AT)
    services.follow_order(order_id=quote.order_id, at=AT)
    services.reopen_request(request_id=quote.request_id, at=AT)
    assert pay_order(quote.order) == PaymentOutcome.UNFULFILLABLE
    assert not services.follow_order(order_id=quote.order_id, at=AT)
    assert now(quote.request).status == RequestStatus.PENDING_REVIEW


def test_who_paid_is_told_of_the_end_though_the_cake_was_asked_for_once_more():
    quote = approve()
    pay_order(quote.order)
    orders.cancel_order(order_id=quote.order_id, actor=STAFF, reason="oven", at=AT)
    services.follow_order(order_id=quote.order_id, at=AT)
    services.reopen_request(request_id=quote.request_id, at=AT)
    quote.order.refresh_from_db()
    assert quote.order.superseded_at is not None
    assert not order_reads.mail_of(quote.order_id, at=AT).is_offer


def test_pressed_twice_each_button_does_once_what_it_says():
    request = submit()
    offer = counter(request)
    seen = {"request_id": request.pk, "expected_version": now(request).version, "at": AT}
    for _ in range(2):
        services.decline_counter(quote_no=offer.no, **seen)
    assert now(request).status == RequestStatus.PENDING_REVIEW
    offer = counter(request)
    seen["expected_version"] = now(request).version
    for _ in range(2):
        services.accept_counter(quote_no=offer.no, **seen)
    assert now(request).status == RequestStatus.APPROVED_AWAITING_PAYMENT
    seen["expected_version"] = now(request).version
    for _ in range(2):
        services.withdraw_request(**seen)
    seen["expected_version"] = now(request).version
    for _ in range(2):
        services.reopen_request(**seen)
    assert now(request).status == RequestStatus.PENDING_REVIEW
    assert request.transitions.filter(new="approved_awaiting_payment").count() == 1
    seen["expected_version"] -= 1
    assert code_of(services.withdraw_request, **seen) == "stale_request"


def test_a_lapsed_offer_is_renewed_once_by_two_clicks():
    quote = approve()
    after = quote.expires_at + timedelta(minutes=1)
    orders.expire_overdue(at=after)
    services.follow_order(order_id=quote.order_id, at=after)
    seen = now(quote.request).version
    for _ in range(2):
        services.renew_quote(request_id=quote.request_id, expected_version=seen, at=after)
    assert quote.request.quotes.count() == 2


def test_an_open_offer_of_a_later_day_outlives_the_day_that_was_wanted():
    request = submit(wishes=make_wishes(days=21))
    later = make_slot(AT + timedelta(days=32))
    offer = counter(request, slot_id=later.pk, expires_at=AT + timedelta(days=24))
    assert services.end_passed(at=AT + timedelta(days=23)) == 0
    services.accept_counter(request_id=request.pk, at=AT + timedelta(days=23))
    assert now(request).status == RequestStatus.APPROVED_AWAITING_PAYMENT
    offer.refresh_from_db()
    assert offer.order.slot_id == later.pk


def test_one_that_cannot_be_ended_does_not_keep_the_others(monkeypatch):
    stuck, other = submit(), submit()
    tried = lapsing.end_offer

    def refuse(request, **given):
        if request.pk == stuck.pk:
            raise Conflict("already_paid", "")
        tried(request, **given)

    monkeypatch.setattr(lapsing, "end_offer", refuse)
    assert services.end_passed(at=AT + timedelta(days=23)) == 1
    assert now(stuck).status == RequestStatus.PENDING_REVIEW
    assert now(other).status == RequestStatus.EXPIRED


def test_of_each_day_that_passes_the_customer_is_told():
    request = submit()
    services.end_passed(at=AT + timedelta(days=23))
    after = AT + timedelta(days=23)
    services.revise_request(request_id=request.pk, wishes=make_wishes(at=after, days=30), at=after)
    services.end_passed(at=AT + timedelta(days=60))
    assert Message.objects.filter(template="custom_cakes/mail/request_passed").count() == 2


def test_what_is_approved_at_this_moment_is_not_erased(monkeypatch):
    request = submit()
    locks = privacy.locked

    def approved_meanwhile(rows):
        approve(request)
        return locks(rows)

    monkeypatch.setattr(privacy, "locked", approved_meanwhile)
    forget = services.forget_mailbox
    assert code_of(forget, email=request.customer_email, at=AT) == "open_requests"
    assert now(request).customer_name == "Ada Byron"


def test_a_draft_that_is_sent_at_this_moment_is_not_forgotten(monkeypatch, settings):
    draft = services.save_draft(typed={"words": "a fox"}, key=uuid4(), at=AT)
    after = AT + timedelta(days=settings.CUSTOM_DRAFT_DAYS + 1)
    locks = privacy.locked

    def sent_meanwhile(rows):
        submit(wishes=make_wishes(at=after), at=after, request_id=draft.pk)
        return locks(rows)

    monkeypatch.setattr(privacy, "locked", sent_meanwhile)
    assert services.forget_drafts(at=after) == 0
    assert now(draft).status == RequestStatus.PENDING_REVIEW
    assert draft.customer_name == "Ada Byron"
    assert draft.erased_at is None


def invalid_code(call, /, **values) -> str:
    with pytest.raises(Invalid) as caught:
        call(**values)
    return caught.value.code


def test_work_on_other_goods_of_the_order_is_not_that_of_the_cake():
    quote = approve()
    line = quote.order.lines.get()
    given = {"order_id": quote.order_id, "minutes": 90, "at": AT}
    assert not services.record_labour(line_id=line.pk + 1, **given)
    assert not LabourRecord.objects.exists()
    assert services.record_labour(line_id=line.pk, **given)
    later = {**given, "minutes": 120, "at": AT + timedelta(hours=1)}
    assert services.record_labour(line_id=line.pk, **later)
    assert [row.hours for row in LabourRecord.objects.all()] == [2, 1.5]


def test_no_time_is_offered_that_its_customer_could_not_take():
    request = submit()
    soon = make_slot(AT + timedelta(days=1))
    assert invalid_code(counter, request=request, slot_id=soon.pk) in {"working_days", "lead_time"}
    dark = make_slot(AT + timedelta(days=25))
    day = clock.shop_date(dark.starts_at)
    cakes = Variant.objects.get(pk=approve(submit()).variant_id)
    Blackout.objects.create(
        first_day=day, last_day=day, reason="a wedding", product=cakes.product, created_at=AT
    )
    assert invalid_code(counter, request=request, slot_id=dark.pk) == "blackout"
    assert now(request).status == RequestStatus.PENDING_REVIEW
    assert not Hold.objects.filter(reference__startswith="offer:").exists()


def test_an_offer_ends_while_its_cake_still_has_its_working_days():
    """A day off between the end and the pickup is no day of work."""
    request = submit()
    slot = make_slot(AT + timedelta(days=8))
    for day in (5, 6, 7):
        off = clock.shop_date(AT) + timedelta(days=day)
        SpecialDay.objects.create(day=off, name="closed", created_at=AT)
    offer = counter(request, slot_id=slot.pk)
    latest = offer.expires_at - timedelta(seconds=1)
    assert latest < slot.starts_at - timedelta(days=4)
    services.accept_counter(request_id=request.pk, at=latest)
    assert now(request).status == RequestStatus.APPROVED_AWAITING_PAYMENT


def test_who_may_count_on_an_offer_hears_that_it_was_taken_back(drain_outbox):
    first, second = approve().request, approve().request
    for request in (first, second):
        services.take_back(
            request_id=request.pk,
            expected_version=now(request).version,
            reason="the oven broke",
            actor=STAFF,
            at=AT,
        )
    # Approved anew before the news went out: that is what its customer hears.
    approve(now(second))
    drain_outbox()
    told = Message.objects.filter(template="custom_cakes/mail/taken_back")
    assert [row.dedupe_key for row in told] == [
        f"custom_cakes:taken_back:{first.pk}:{now(first).version}"
    ]
    assert "oven" not in str(told[0].context)


def test_no_mail_says_what_is_not_true_any_more(drain_outbox):
    quote = approve()
    services.take_back(
        request_id=quote.request_id, expected_version=2, reason="price", actor=STAFF, at=AT
    )
    offer = counter(now(quote.request))
    services.withdraw_request(request_id=offer.request_id, at=AT)
    drain_outbox()
    told = Message.objects.filter(template__startswith="custom_cakes/mail/")
    assert not told.filter(template__regex="approved|counter").exists()
    assert told.filter(template__endswith="request_received").exists()


def test_what_was_taken_in_its_last_minute_is_good_as_long_as_its_order():
    request = submit()
    offer = counter(request)
    at = offer.expires_at - timedelta(minutes=1)
    services.accept_counter(request_id=request.pk, at=at)
    after = offer.expires_at + timedelta(minutes=5)
    page = selectors.request_page(request_token(now(request).public_id), after)
    assert page.pay_path
    assert page.offer.is_open
    assert page.offer.expires_at == request.order.hold_expires_at


def test_staff_can_neither_ask_for_nor_take_money_for_an_offer_that_is_over(drain_outbox):
    at = clock.now()
    quote = approve(submit(wishes=make_wishes(at=at), at=at), at=at)
    old, request = quote.order, quote.request
    api = people.api(people.log_in(people.staff("manager", email="till@bakery.example")).access)
    orders_at = f"/api/v1/staff/orders/{old.public_id}"

    def codes():
        key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
        cash = {"kind": "cash", "amount": str(old.total), "received": str(old.total)}
        return [
            api.post(f"{orders_at}/tenders", cash, format="json", **key).status_code,
            api.post(f"{orders_at}/pay-link", {"by": "mail"}, format="json", **key).status_code,
        ]

    services.withdraw_request(request_id=request.pk, at=at)
    assert codes() == [409, 409]
    # Not even the next offer of the same cake brings it back.
    services.reopen_request(request_id=request.pk, at=at)
    again = approve(now(request), at=at)
    assert codes() == [409, 409]
    old.refresh_from_db()
    assert (old.paid_total, again.order.number) == (0, f"{old.number}-2")
    # The control: what is in force is paid by the very same door.
    orders_at = f"/api/v1/staff/orders/{again.order.public_id}"
    assert codes()[0] == 201
    drain_outbox()
    assert now(request).status == RequestStatus.PAID
