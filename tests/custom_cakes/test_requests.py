"""A request from the customer's side: kept, sent once, changed, taken back, answered."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.rules.link import request_token
from apps.custom_cakes.services import Contact
from apps.custom_cakes.states import RequestStatus
from apps.inventory.models import Slot
from apps.notifications.models import Message
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.idempotency import KeyReused
from bakery.kernel.models import OutboxMessage
from tests.custom_cakes.factories import CONTACT, design_data, make_wishes, submit
from tests.custom_cakes.offers import STAFF, approve, counter, pay_order, slot_of
from tests.orders.factories import AT, make_slot

pytestmark = pytest.mark.django_db


def token_of(request: CakeRequest) -> str:
    """Return what stands for a request in its address."""
    return request_token(request.public_id)


def ask(request: CakeRequest) -> None:
    """Let the shop ask something."""
    services.ask_customer(
        request_id=request.pk,
        expected_version=request.version,
        text="May it be lemon?",
        actor=STAFF,
        at=AT,
    )


def lapse(quote):
    """Let an offer end unpaid; return the moment after."""
    after = quote.expires_at + timedelta(minutes=1)
    orders.expire_overdue(at=after)
    services.follow_order(order_id=quote.order_id, at=after)
    return after


def test_a_request_is_sent_once_for_its_key():
    key, wishes = uuid4(), make_wishes()
    first = submit(wishes=wishes, key=key)
    again = submit(wishes=wishes, key=key, at=AT + timedelta(hours=1))
    assert again.pk == first.pk
    assert CakeRequest.objects.count() == 1
    assert first.status == RequestStatus.PENDING_REVIEW
    assert first.number
    revision = first.revisions.get()
    assert revision.prediction_id is not None
    assert revision.facts["labels"]
    assert revision.wish.inscription == "Happy birthday, Zoë"
    told = OutboxMessage.objects.filter(kind="custom_cakes.submitted")
    assert told.filter(handler__endswith="mail_received").count() == 1


def test_another_content_with_the_same_key_is_refused():
    key = uuid4()
    submit(wishes=make_wishes(), key=key)
    with pytest.raises(KeyReused):
        submit(wishes=make_wishes(guests=99), key=key)
    for part in ({"name": "Eve"}, {"phone": "+14165550199"}):
        with pytest.raises(KeyReused):
            submit(wishes=make_wishes(), key=key, contact=replace(CONTACT, **part))
    assert CakeRequest.objects.get().revisions.get().guests == 12
    services.forget_mailbox(email=CONTACT.email, at=AT)
    with pytest.raises(KeyReused):
        submit(wishes=make_wishes(), key=key)


def test_the_same_key_with_another_address_is_refused():
    key, there = uuid4(), {"recipient": "Ada", "line1": "1 Elm St", "city": "Toronto",
                           "region": "ON", "postcode": "M5V 2T6", "country": "CA"}  # fmt: skip
    for _ in range(2):
        submit(wishes=make_wishes(fulfilment="delivery", address=there), key=key)
    with pytest.raises(KeyReused):
        other = {**there, "line1": "2 Elm St"}
        submit(wishes=make_wishes(fulfilment="delivery", address=other), key=key)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"days": 0}, "day_past", "wanted_on"),
        ({"days": 900}, "out_of_range", "wanted_on"),
        ({"guests": 0}, "out_of_range", "guests"),
        ({"guests": 10**9}, "out_of_range", "guests"),
        ({"budget": Decimal(0)}, "out_of_range", "budget"),
        ({"budget": Decimal("NaN")}, "out_of_range", "budget"),
        ({"budget": Decimal("1.234")}, "out_of_range", "budget"),
        ({"words": "x" * 3001}, "too_long", "words"),
        ({"note": "half \ud800"}, "unprintable", "note"),
        ({"fulfilment": "drone"}, "bad_fulfilment", "fulfilment"),
        ({"fulfilment": "delivery"}, "address_incomplete", "address.recipient"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(values, code, field):
    with pytest.raises(Invalid) as caught:
        submit(wishes=make_wishes(**values))
    assert (caught.value.code, caught.value.details["field"]) == (code, field)
    assert not CakeRequest.objects.exists()


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (Contact(name=" ", email="ada@example.com"), "name"),
        (Contact(name="Ada", email="ada"), "email"),
        (Contact(name="Ada", email="ada@example.com", phone="12"), "phone"),
        (Contact(name="Ada", email="ada@example.com", language="tlh"), "language"),
    ],
)
def test_who_cannot_be_written_to_is_refused(contact, field):
    with pytest.raises(Invalid) as caught:
        submit(contact=contact)
    assert caught.value.details["field"] == field


def test_a_draft_is_kept_incomplete_and_sent_later_under_its_number():
    key = uuid4()
    draft = services.save_draft(typed={"guests": "12"}, key=key, at=AT)
    assert draft.status == RequestStatus.DRAFT
    same = services.save_draft(typed={"guests": "12"}, key=key, at=AT)
    assert same.pk == draft.pk
    with pytest.raises(KeyReused):
        services.save_draft(typed={"guests": "13"}, key=key, at=AT)
    services.save_draft(
        typed={"guests": "14", "email": "ada@example.com"}, request_id=draft.pk, at=AT
    )
    sent = submit(request_id=draft.pk)
    assert (sent.pk, sent.number) == (draft.pk, draft.number)
    sent.refresh_from_db()
    assert sent.draft is None
    with pytest.raises(Conflict, match="sent already"):
        services.save_draft(typed={}, request_id=draft.pk, at=AT)


def test_a_draft_is_not_sent_by_who_only_knows_its_key():
    key = uuid4()
    services.save_draft(typed={"guests": "12"}, key=key, at=AT)
    with pytest.raises(KeyReused):
        submit(key=key)
    assert CakeRequest.objects.get().status == RequestStatus.DRAFT


def test_another_cake_is_a_new_revision_with_its_differences():
    request = submit(wishes=make_wishes(design=design_data(tiers=2, length=10)))
    before = request.version
    revision = services.revise_request(
        request_id=request.pk, wishes=make_wishes(guests=30), expected_version=before, at=AT
    )
    assert (revision.no, revision.previous.no) == (2, 1)
    page = selectors.request_page(token_of(request), AT)
    assert page.revision == 2
    assert page.version == before + 1
    assert any("left out" in text for text in page.revisions[1].differences)
    assert "Guests: 30" in page.revisions[1].differences
    with pytest.raises(Conflict) as caught:
        services.revise_request(
            request_id=request.pk, wishes=make_wishes(guests=31), expected_version=before, at=AT
        )
    assert caught.value.code == "stale_request"


def test_the_same_again_is_no_new_revision():
    request = submit()
    services.revise_request(request_id=request.pk, wishes=make_wishes(), at=AT)
    assert CakeRevision.objects.count() == 1


def test_an_approved_cake_that_is_changed_cannot_be_paid_any_more():
    request = submit()
    order = approve(request).order
    assert selectors.request_page(token_of(request), AT).pay_path
    services.revise_request(request_id=request.pk, wishes=make_wishes(guests=30), at=AT)
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert order.superseded_at == AT
    page = selectors.request_page(token_of(request), AT)
    assert page.status == RequestStatus.PENDING_REVIEW
    assert page.pay_path == ""
    assert page.offer is None


def test_what_is_paid_is_neither_changed_nor_withdrawn():
    request = submit()
    pay_order(approve(request).order)
    # The news of the payment is still under way: order and request disagree for a moment.
    page = selectors.request_page(token_of(request), AT)
    assert page.status == RequestStatus.PAID
    for call in (services.withdraw_request, services.reopen_request):
        with pytest.raises(Conflict):
            call(request_id=request.pk, at=AT)
    with pytest.raises(Conflict) as caught:
        services.revise_request(request_id=request.pk, wishes=make_wishes(guests=9), at=AT)
    assert caught.value.code == "already_paid"


def test_withdrawn_frees_the_place_and_can_be_taken_back():
    request = submit()
    approve(request)
    slot = slot_of(request)
    assert slot.booked == 1
    services.withdraw_request(request_id=request.pk, at=AT)
    services.withdraw_request(request_id=request.pk, at=AT)
    slot.refresh_from_db()
    assert slot.booked == 0
    page = selectors.request_page(token_of(request), AT)
    assert (page.status, page.may_reopen) == (RequestStatus.WITHDRAWN, True)
    services.reopen_request(request_id=request.pk, at=AT)
    request.refresh_from_db()
    assert request.status == RequestStatus.PENDING_REVIEW


def test_what_is_asked_for_once_more_too_late_is_refused():
    request = submit()
    services.withdraw_request(request_id=request.pk, at=AT)
    with pytest.raises(Conflict) as caught:
        services.reopen_request(request_id=request.pk, at=AT + timedelta(days=40))
    assert caught.value.code == "day_past"


def test_an_answer_puts_the_request_before_the_shop_again():
    request = submit()
    ask(request)
    services.answer_question(request_id=request.pk, text=" Yes. ", at=AT)
    request.refresh_from_db()
    assert request.status == RequestStatus.PENDING_REVIEW
    page = selectors.request_page(token_of(request), AT)
    assert [(row.is_shop, row.text) for row in page.messages] == [
        (True, "May it be lemon?"),
        (False, "Yes."),
    ]
    with pytest.raises(Invalid):
        services.answer_question(request_id=request.pk, text=" \n", at=AT)


def test_nothing_is_written_to_what_is_over():
    request = submit()
    services.withdraw_request(request_id=request.pk, at=AT)
    with pytest.raises(Conflict) as caught:
        services.answer_question(request_id=request.pk, text="Hello?", at=AT)
    assert caught.value.code == "not_open"


def test_another_offer_is_taken_once_and_then_payable():
    request = submit()
    quote = counter(request)
    page = selectors.request_page(token_of(request), AT)
    assert (page.may_decide, page.pay_path) == (True, "")
    assert page.offer.changes
    services.accept_counter(request_id=request.pk, quote_no=quote.no, at=AT)
    services.accept_counter(request_id=request.pk, quote_no=quote.no, at=AT)
    page = selectors.request_page(token_of(request), AT)
    assert page.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    assert page.pay_path.startswith("/pay/")
    assert page.labels[0][1].startswith("6 in round")
    assert Order.objects.count() == 1


def test_an_offer_that_was_replaced_is_not_taken():
    request = submit()
    first = counter(request)
    counter(request, price=Decimal("80.00"))
    with pytest.raises(Conflict) as caught:
        services.accept_counter(request_id=request.pk, quote_no=first.no, at=AT)
    assert caught.value.code == "offer_over"


def test_declined_the_request_waits_again_and_can_be_changed():
    request = submit()
    quote = counter(request)
    services.decline_counter(request_id=request.pk, quote_no=quote.no, words="Too small.", at=AT)
    request.refresh_from_db()
    assert (request.status, request.revision) == (RequestStatus.PENDING_REVIEW, 1)
    assert slot_of(request).booked == 0
    # The shop's idea took number two.
    revision = services.revise_request(request_id=request.pk, wishes=make_wishes(guests=9), at=AT)
    assert revision.no == 3


def test_a_lapsed_offer_is_renewed_at_its_price_while_its_time_is_free():
    request = submit()
    quote = approve(request)
    after = lapse(quote)
    page = selectors.request_page(token_of(request), after)
    assert (page.status, page.may_renew) == (RequestStatus.EXPIRED, True)
    services.renew_quote(request_id=request.pk, at=after)
    services.renew_quote(request_id=request.pk, at=after)
    page = selectors.request_page(token_of(request), after)
    assert page.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    assert request.quotes.count() == 2
    assert {row.price for row in request.quotes.all()} == {quote.price}


def test_whose_time_is_taken_is_told_the_next_day_and_may_ask_again():
    request = submit()
    quote = approve(request)
    after = lapse(quote)
    slot = slot_of(request)
    Slot.objects.filter(pk=slot.pk).update(capacity=0, closed=True)
    later = make_slot(slot.starts_at + timedelta(days=2))
    with pytest.raises(Conflict) as caught:
        services.renew_quote(request_id=request.pk, at=after)
    assert caught.value.code == "day_taken"
    assert caught.value.details["next_day"] == clock.shop_date(later.starts_at).isoformat()
    request.refresh_from_db()
    assert request.status == RequestStatus.EXPIRED
    services.reopen_request(request_id=request.pk, at=after)
    request.refresh_from_db()
    assert request.status == RequestStatus.PENDING_REVIEW


def test_a_price_that_is_old_is_not_renewed(settings):
    settings.CUSTOM_RENEWAL_DAYS = 1
    request = submit()
    quote = approve(request)
    after = lapse(quote)
    with pytest.raises(Conflict) as caught:
        services.renew_quote(request_id=request.pk, at=after + timedelta(days=1))
    assert caught.value.code == "too_old"


def test_whose_day_went_by_is_ended_once_and_told():
    request = submit()
    day_after = AT + timedelta(days=23)
    assert services.end_passed(at=AT) == 0
    assert services.end_passed(at=day_after) == 1
    assert services.end_passed(at=day_after) == 0
    request.refresh_from_db()
    assert request.status == RequestStatus.EXPIRED
    assert Message.objects.filter(template="custom_cakes/mail/request_passed").count() == 1


def test_customer_and_shop_are_told_once(drain_outbox, settings):
    settings.CUSTOM_EMAILS = ["cakes@example.com"]
    request = submit()
    drain_outbox()
    services.mail_received(request_id=request.pk, revision=1, at=AT)
    received = Message.objects.get(template="custom_cakes/mail/request_received")
    assert received.recipient == "ada@example.com"
    assert received.context["number"] == request.number
    told = Message.objects.get(template="custom_cakes/mail/shop_told")
    assert told.recipient == "cakes@example.com"
