"""A request from the customer's side: kept, sent once, changed, taken back, answered."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.custom_cakes import selectors, services
from apps.custom_cakes.models import CakeRequest, CakeRevision
from apps.custom_cakes.services import Contact
from apps.custom_cakes.states import RequestStatus
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.idempotency import KeyReused
from bakery.kernel.models import OutboxMessage
from tests.custom_cakes.factories import CONTACT, design_data, make_wishes, submit
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db


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
    assert OutboxMessage.objects.filter(kind="custom_cakes.submitted").count() == 1


def test_another_content_with_the_same_key_is_refused():
    key = uuid4()
    submit(wishes=make_wishes(), key=key)
    with pytest.raises(KeyReused):
        submit(wishes=make_wishes(guests=99), key=key)
    assert CakeRequest.objects.get().revisions.get().guests == 12
