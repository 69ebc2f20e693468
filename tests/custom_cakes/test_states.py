"""The life of a request and of an offer, over all pairs of states."""

from itertools import product

import pytest

from apps.custom_cakes.models import Quote, RequestTransition
from apps.custom_cakes.rules.deskwork import ACTIONS
from apps.custom_cakes.states import QUOTE_LIFE, REQUEST_LIFE, QuoteState, RequestStatus
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition
from tests.custom_cakes.factories import submit
from tests.custom_cakes.offers import approve
from tests.orders.factories import AT

_S, _Q = RequestStatus, QuoteState
MOVES = {
    (_S.DRAFT, _S.PENDING_REVIEW), (_S.DRAFT, _S.WITHDRAWN),
    (_S.PENDING_REVIEW, _S.QUESTION_ASKED), (_S.PENDING_REVIEW, _S.COUNTER_OFFERED),
    (_S.PENDING_REVIEW, _S.APPROVED_AWAITING_PAYMENT), (_S.PENDING_REVIEW, _S.REJECTED),
    (_S.PENDING_REVIEW, _S.WITHDRAWN), (_S.PENDING_REVIEW, _S.EXPIRED),
    (_S.QUESTION_ASKED, _S.PENDING_REVIEW), (_S.QUESTION_ASKED, _S.COUNTER_OFFERED),
    (_S.QUESTION_ASKED, _S.APPROVED_AWAITING_PAYMENT), (_S.QUESTION_ASKED, _S.REJECTED),
    (_S.QUESTION_ASKED, _S.WITHDRAWN), (_S.QUESTION_ASKED, _S.EXPIRED),
    (_S.COUNTER_OFFERED, _S.PENDING_REVIEW), (_S.COUNTER_OFFERED, _S.APPROVED_AWAITING_PAYMENT),
    (_S.COUNTER_OFFERED, _S.REJECTED), (_S.COUNTER_OFFERED, _S.WITHDRAWN),
    (_S.COUNTER_OFFERED, _S.EXPIRED),
    (_S.APPROVED_AWAITING_PAYMENT, _S.PAID), (_S.APPROVED_AWAITING_PAYMENT, _S.EXPIRED),
    (_S.APPROVED_AWAITING_PAYMENT, _S.WITHDRAWN),
    (_S.APPROVED_AWAITING_PAYMENT, _S.PENDING_REVIEW),
    (_S.EXPIRED, _S.APPROVED_AWAITING_PAYMENT), (_S.EXPIRED, _S.PENDING_REVIEW),
    (_S.EXPIRED, _S.PAID), (_S.EXPIRED, _S.WITHDRAWN),
    (_S.REJECTED, _S.PENDING_REVIEW), (_S.REJECTED, _S.WITHDRAWN),
    (_S.WITHDRAWN, _S.PENDING_REVIEW), (_S.WITHDRAWN, _S.PAID),
    (_S.PAID, _S.CANCELLED), (_S.CANCELLED, _S.PENDING_REVIEW),
}  # fmt: skip
OFFER_MOVES = {
    (_Q.OPEN, _Q.ACCEPTED), (_Q.OPEN, _Q.DECLINED), (_Q.OPEN, _Q.SUPERSEDED),
    (_Q.OPEN, _Q.EXPIRED), (_Q.ACCEPTED, _Q.SUPERSEDED), (_Q.ACCEPTED, _Q.EXPIRED),
    (_Q.EXPIRED, _Q.SUPERSEDED), (_Q.EXPIRED, _Q.ACCEPTED),
}  # fmt: skip


def test_no_way_leads_around_the_approval():
    into = {old for old, new in MOVES if new == _S.PAID}
    # The other two only as their order does, which was placed by an approval.
    assert into == {_S.APPROVED_AWAITING_PAYMENT, _S.EXPIRED, _S.WITHDRAWN}


@pytest.mark.django_db
def test_every_pair_of_states_of_a_request():
    request = submit()
    before = RequestTransition.objects.count()
    for old, new in product(RequestStatus, RequestStatus):
        type(request).objects.filter(pk=request.pk).update(status=old)
        request.refresh_from_db()
        allowed = (old, new) in MOVES
        assert REQUEST_LIFE.allows(old, new) is allowed, (old, new)
        if allowed:
            transition(request, machine=REQUEST_LIFE, to=new, actor="user:1", at=AT)
            assert request.status == new
            continue
        with pytest.raises(Conflict) as caught:
            transition(request, machine=REQUEST_LIFE, to=new, actor="user:1", at=AT)
        assert caught.value.code == "illegal_transition"
    assert RequestTransition.objects.count() == before + len(MOVES)


@pytest.mark.django_db
def test_every_pair_of_states_of_an_offer():
    quote = approve()
    for old, new in product(QuoteState, QuoteState):
        Quote.objects.filter(pk=quote.pk).update(state=old)
        quote.refresh_from_db()
        allowed = (old, new) in OFFER_MOVES
        assert QUOTE_LIFE.allows(old, new) is allowed, (old, new)
        if allowed:
            transition(quote, machine=QUOTE_LIFE, to=new, actor="user:1", at=AT)
            continue
        with pytest.raises(Conflict):
            transition(quote, machine=QUOTE_LIFE, to=new, actor="user:1", at=AT)


def test_the_desk_offers_only_what_the_states_allow():
    targets = {"approve": _S.APPROVED_AWAITING_PAYMENT, "reject": _S.REJECTED}
    for action, to in targets.items():
        for status in ACTIONS[action]:
            assert REQUEST_LIFE.allows(status, to), (action, status)
    for status in ACTIONS["take_back"]:
        assert REQUEST_LIFE.allows(status, _S.PENDING_REVIEW)
