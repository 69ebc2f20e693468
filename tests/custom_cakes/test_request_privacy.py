"""A person's own requests: to take along, to take over, and to have forgotten."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.accounts import services as accounts
from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeRequest, CakeRevision, CakeWish, RequestMessage
from apps.custom_cakes.rules.link import request_path, request_token
from apps.custom_cakes.states import RequestStatus
from apps.notifications.models import Message
from apps.orders import services as orders
from apps.orders.selectors.person import guest_json
from apps.orders.services.privacy import erase_guest
from bakery.kernel.errors import Conflict, NotFound, Refused
from tests.accounts import people
from tests.custom_cakes.factories import make_wishes, submit
from tests.custom_cakes.offers import approve, counter, slot_of
from tests.custom_cakes.test_photos import kept, picture
from tests.orders.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


def told(request: CakeRequest) -> CakeRequest:
    """Return a request with everything that a person can leave in one."""
    services.add_photo(request_id=request.pk, data=picture(), caption="Zoë at six", at=AT)
    services.answer_question(request_id=request.pk, text="Call me Zoë.", at=AT)
    request.refresh_from_db()
    return request


def test_a_guest_is_forgotten_and_the_figures_stay(drain_outbox):
    request = told(submit(wishes=make_wishes(allergies="nuts", note="ring twice")))
    drain_outbox()
    counter(request)
    photo = request.photos.get()
    erase_guest(email="ADA@example.com", actor="user:1", reason="asked", at=AT)
    request.refresh_from_db()
    assert (request.customer_name, request.customer_email, request.customer_phone) == (
        "erased",
        "",
        "",
    )
    assert request.status == RequestStatus.WITHDRAWN
    assert slot_of(request).booked == 0
    assert not CakeWish.objects.exists()
    assert not RequestMessage.objects.exists()
    assert not Message.objects.filter(recipient="ada@example.com").exists()
    revision = CakeRevision.objects.get(no=1)
    assert revision.design["tiers"]
    assert revision.prediction_id
    services.sweep_photos(at=AT)
    assert not kept(photo.storage_key)
    with pytest.raises(NotFound):
        selectors.request_page(request_token(request.public_id), AT)


def test_who_can_still_pay_an_offer_is_not_forgotten_yet():
    approve(submit())
    with pytest.raises(Conflict):
        erase_guest(email="ada@example.com", actor="user:1", reason="asked", at=AT)
    assert CakeRequest.objects.get().customer_email == "ada@example.com"


def test_an_account_is_forgotten_with_what_it_asked_for_elsewhere():
    user = people.customer(email="zoe@example.com")
    own = submit(user_id=user.pk)
    guest = services.save_draft(typed={"email": "zoe@example.com"}, key=uuid4(), at=AT)
    accounts.anonymise_user(user_id=user.pk, actor="customer", reason="asked", at=AT)
    for request in (own, guest):
        request.refresh_from_db()
        assert request.erased_at == AT
        assert request.customer_email == ""
        assert request.draft is None


def test_everything_can_be_taken_along():
    request = told(submit())
    found = json.loads("".join(guest_json("ada@example.com")))["custom_cakes"]
    text = json.dumps(found, ensure_ascii=False)
    assert request.number in text
    assert all(word in text for word in ("With a fox", "Call me Zoë", "Zoë at six"))
    assert json.loads("".join(guest_json("eve@example.com")))["custom_cakes"] == []


def test_requests_are_taken_over_by_who_proved_the_mailbox():
    request = submit()
    other = people.customer(email="eve@example.com")
    with pytest.raises(Refused):
        services.claim_requests(user_id=other.pk, email="ada@example.com", at=AT)
    owner = people.customer(email="ada@example.com")
    assert services.claim_requests(user_id=owner.pk, email="ada@example.com", at=AT) == 1
    request.refresh_from_db()
    assert request.user_id == owner.pk
    assert [row.number for row in selectors.requests_of(owner.pk, at=AT)] == [request.number]


def test_orders_and_requests_of_a_guest_come_along_together():
    order = approve(submit()).order
    owner = people.customer(email="ada@example.com")
    assert orders.claim_own_orders(user_id=owner.pk, at=AT) == 1
    order.refresh_from_db()
    assert order.user_id == CakeRequest.objects.get().user_id == owner.pk


def test_an_account_lists_its_requests_with_few_questions(client, django_assert_num_queries):
    owner = people.customer(email="ada@example.com")
    for count in (2, 6):
        while CakeRequest.objects.filter(user=owner).count() < count:
            submit(user_id=owner.pk)
        with django_assert_num_queries(2):
            assert len(selectors.requests_of(owner.pk, at=AT)) == count
    client.force_login(owner)
    page = client.get("/custom-cakes/mine/").content.decode()
    assert request_path(CakeRequest.objects.first().public_id) in page


def test_old_drafts_are_forgotten(settings):
    draft = services.save_draft(typed={"email": "ada@example.com"}, key=uuid4(), at=AT)
    sent = submit()
    later = AT + timedelta(days=settings.CUSTOM_DRAFT_DAYS + 1)
    assert services.forget_drafts(at=AT) == 0
    assert services.forget_drafts(at=later) == 1
    draft.refresh_from_db()
    sent.refresh_from_db()
    assert draft.customer_email == ""
    assert sent.customer_email == "ada@example.com"
