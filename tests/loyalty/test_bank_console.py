"""Points, gift cards and invitations in the console."""

from uuid import uuid4

import pytest

from apps.loyalty import services
from apps.loyalty.models import GiftCard, PointsAccount
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.loyalty.members import earn, issue, make_member, numbers_of, reserve, spend_of, step

pytestmark = pytest.mark.django_db
POINTS = "/console/loyalty/pointsaccount/"
CARDS = "/console/loyalty/giftcard/"
REFERRALS = "/console/loyalty/referral/"


@pytest.fixture
def console():
    return people.browser(people.staff("manager"), verified=True)


@pytest.fixture
def cashier():
    return people.browser(people.staff("cashier"), verified=True)


def text(reply) -> str:
    assert reply.status_code == 200
    return reply.content.decode()


def test_an_account_shows_lots_moves_and_debt(console):
    member = make_member("nora@example.com")
    first = earn(member, 30)
    step("consume", reserve(spend_of(member, 30)))
    services.take_back(reference=first, amount=30, at=clock.now())
    assert "nora@example.com" in text(console.get(f"{POINTS}?q=nora"))
    page = text(console.get(f"{POINTS}{member.pk}/change/"))
    for words in ("Points of nora@example.com", "taken back after a refund", "<dd>30</dd>"):
        assert words in page


def test_points_are_given_and_taken_by_a_form_once(console):
    member = make_member("nora@example.com")
    form = {"account": "Nora@example.com", "points": "25", "reason": "amends", "ref": "f1"}
    for _ in range(2):
        assert console.post(f"{POINTS}give/", form).status_code == 302
    form = {"points": "-30", "reason": "too many", "ref": "f2"}
    assert "Only 25 points" in text(console.post(f"{POINTS}{member.pk}/adjust/", form))
    form["points"] = "-5"
    assert console.post(f"{POINTS}{member.pk}/adjust/", form).status_code == 302
    assert numbers_of(member) == (20, 0)
    unknown = {"account": "who@example.com", "points": "25", "reason": "x", "ref": "f3"}
    assert "no account with this mailbox" in text(console.post(f"{POINTS}give/", unknown))


def test_a_card_is_issued_and_its_code_shown_once(console):
    form = {"amount": "40.00", "note": "prize", "ref": uuid4().hex}
    page = text(console.post(f"{CARDS}issue/", form))
    card = GiftCard.objects.get()
    code = services.code_of(card=card)
    assert code in page
    for later in (CARDS, f"{CARDS}{card.pk}/change/"):
        assert code not in text(console.get(later))
    assert AuditEntry.objects.filter(action="loyalty.issue_gift_card").count() == 1


def test_store_credit_belongs_to_an_account(console):
    member = make_member("nora@example.com")
    form = {"amount": "5.00", "account": "nora@example.com", "ref": "c1"}
    assert "Store credit" in text(console.post(f"{CARDS}issue/", form))
    assert GiftCard.objects.get().user_id == member.pk
    form = {"amount": "5.00", "account": "who@example.com", "ref": "c2"}
    assert "no account with this mailbox" in text(console.post(f"{CARDS}issue/", form))
    form = {"amount": "500.01", "ref": "c3"}
    assert "up to" in text(console.post(f"{CARDS}issue/", form))


def test_issuing_asks_for_a_fresh_code(console):
    session = console.session
    session[SECOND_FACTOR_AT] = clock.now().timestamp() - 3600
    session.save()
    reply = console.post(f"{CARDS}issue/", {"amount": "5.00", "ref": "c1"})
    assert reply.url.startswith("/console/step-up/")
    assert not GiftCard.objects.exists()


def test_a_card_is_blocked_and_freed_with_a_reason(console):
    card = issue()
    assert "This field is required" in text(
        console.post(f"{CARDS}{card.pk}/block/", {"reason": ""})
    )
    for button, state in (("block", "blocked"), ("unblock", "active")):
        assert console.post(f"{CARDS}{card.pk}/{button}/", {"reason": "x"}).status_code == 302
        assert GiftCard.objects.get().state == state


def test_a_held_invitation_is_listed_and_decided(console):
    referrer = make_member("rita@example.com", phone="+14165550111")
    code = services.referral_code(user_id=referrer.pk, at=clock.now())
    new = make_member("zoe@example.com", phone="+14165550111", at=clock.now())
    held = services.claim_referral(user_id=new.pk, code=code, address="192.0.2.1", at=clock.now())
    assert "Both accounts have the same phone." in text(console.get(REFERRALS))
    form = {"accept": "yes", "reason": "one family"}
    assert console.post(f"{REFERRALS}{held.pk}/decide/", form).status_code == 302
    assert "zoe@example.com" not in text(console.get(REFERRALS))
    assert "one family" in text(console.get(f"{REFERRALS}{held.pk}/change/"))


def test_a_cashier_sees_and_changes_none_of_it(cashier):
    card, member = issue(), make_member()
    earn(member, 5)
    paths = [
        *(POINTS, f"{POINTS}{member.pk}/change/", f"{POINTS}{member.pk}/adjust/"),
        *(CARDS, f"{CARDS}{card.pk}/change/", f"{CARDS}issue/", f"{CARDS}{card.pk}/block/"),
        *(REFERRALS, f"{POINTS}give/"),
    ]
    assert [cashier.get(path).status_code for path in paths] == [403] * len(paths)
    assert PointsAccount.objects.get().balance == 5


def test_lists_and_pages_take_the_same_queries_at_any_size(console, django_assert_max_num_queries):
    for size in (2, 9):
        for _ in range(size):
            member = make_member()
            earn(member, 5)
            issue(user_id=member.pk)
        for path in (POINTS, CARDS, f"{POINTS}{member.pk}/change/"):
            with django_assert_max_num_queries(16):
                assert console.get(path).status_code == 200
