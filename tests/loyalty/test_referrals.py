"""Invitations: rewarded with the first collected order, and what is doubtful is looked at (C4)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.loyalty import selectors, services
from apps.loyalty.models import Referral, ReferralCode, ReferralTransition
from apps.loyalty.selectors import promotions
from apps.loyalty.states import ReferralState
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.loyalty.members import AT, DAY, earn, make_member, numbers_of, reserve, spend_of, step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledgers_agree(db):
    yield
    assert selectors.loyalty_differences() == []


@pytest.fixture(autouse=True)
def _nobody_bought(monkeypatch):
    monkeypatch.setattr(promotions, "_sources", [])


@pytest.fixture
def referrer():
    return make_member("rita@example.com", phone="+14165550111")


def code_for(user) -> str:
    return services.referral_code(user_id=user.pk, at=AT)


def claim(referrer, user, *, address="192.0.2.1", at=AT) -> Referral:
    return services.claim_referral(user_id=user.pk, code=code_for(referrer), address=address, at=at)


def test_a_code_is_made_once(referrer):
    assert code_for(referrer) == code_for(referrer)
    assert ReferralCode.objects.get().code == code_for(referrer)


def test_both_are_rewarded_when_the_first_order_is_collected(referrer):
    new = make_member()
    referral = claim(referrer, new)
    assert (referral.state, numbers_of_or_none(new)) == ("pending", None)
    earn(new, 12, reference="first")
    earn(new, 12, reference="first")
    assert (numbers_of(referrer), numbers_of(new)) == ((100, 0), (112, 0))
    earn(new, 5, reference="second")
    assert numbers_of(referrer) == (100, 0)
    assert selectors.referrals_of(referrer.pk) == (code_for(referrer), 1, 1)


def numbers_of_or_none(user):
    account = selectors.account_of(user.pk)
    return account and (account.balance, account.debt)


def test_an_order_that_points_or_cards_paid_rewards_nobody(referrer):
    new = make_member()
    claim(referrer, new)
    services.earn(user_id=new.pk, reference="free", amount=Decimal(0), at=AT)
    assert Referral.objects.get().state == ReferralState.PENDING


def test_a_reward_goes_back_with_the_order_that_earned_it(referrer):
    """Inviting oneself by way of an order that is refunded pays nothing, even when spent."""
    new = make_member()
    claim(referrer, new)
    earn(new, 12, reference="first")
    step("consume", reserve(spend_of(referrer, 100)))
    services.take_back(reference="first", amount=Decimal(6), at=AT)
    assert Referral.objects.get().state == ReferralState.REWARDED
    for _ in range(2):
        services.take_back(reference="first", amount=Decimal(12), at=AT)
    assert (numbers_of(referrer), numbers_of(new)) == ((0, 100), (0, 0))
    assert Referral.objects.get().reason == "refunded"


def test_ones_own_code_is_refused(referrer):
    with pytest.raises(Conflict) as refused:
        claim(referrer, referrer)
    assert refused.value.code == "referral_own"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sam@example.com", "sam+cake@example.com"),
        ("sam.cake@gmail.com", "samcake@gmail.com"),
        ("samcake@gmail.com", "s.a.m.cake+2@googlemail.com"),
    ],
)
def test_another_spelling_of_the_own_mailbox_is_refused(first, second):
    referral = claim(make_member(first), make_member(second))
    assert (referral.state, referral.reason) == ("refused", "same_mailbox")


def test_a_refused_invitation_rewards_nobody():
    one, other = make_member("sam@example.com"), make_member("sam+2@example.com")
    claim(one, other)
    earn(other, 10)
    assert (numbers_of_or_none(one), numbers_of(other)) == (None, (10, 0))


def test_a_mailbox_that_came_before_is_refused(referrer):
    claim(referrer, make_member("zoe@example.com"))
    again = claim(referrer, make_member("zoe+2@example.com"), address="192.0.2.9")
    assert (again.state, again.reason) == ("refused", "mailbox_seen")


def test_the_same_phone_is_held(referrer):
    held = claim(referrer, make_member(phone="+14165550111"))
    assert (held.state, held.reason) == ("held", "same_phone")
    claim(referrer, make_member(phone="+14165550122"), address="192.0.2.2")
    seen = claim(referrer, make_member(phone="+14165550122"), address="192.0.2.3")
    assert (seen.state, seen.reason) == ("held", "phone_seen")


def test_many_in_a_week_are_held(referrer, settings):
    settings.LOYALTY_REFERRALS_MANY = 2
    states = [claim(referrer, make_member(), address=f"192.0.2.{n}").reason for n in range(3)]
    assert states == ["", "", "many_by_referrer"]
    others = [claim(make_member(), make_member(), address="198.51.100.7") for _ in range(3)]
    assert [row.reason for row in others] == ["", "", "many_from_address"]
    later = AT + 8 * DAY
    assert claim(referrer, make_member(at=later), at=later).reason == ""


def test_contact_data_are_kept_as_hashes(referrer):
    claim(referrer, make_member("zoe@example.com", phone="+14165550122"), address="203.0.113.9")
    text = str(list(Referral.objects.values()))
    assert not any(part in text for part in ("zoe", "4165550122", "203.0.113"))


def refusal(referrer, user, *, at=AT) -> str:
    with pytest.raises(Conflict) as refused:
        claim(referrer, user, at=at)
    return refused.value.code


def test_a_code_counts_for_new_accounts_only(referrer, monkeypatch):
    assert refusal(referrer, make_member(), at=AT + timedelta(days=14, seconds=1)) == (
        "referral_late"
    )
    claimed = make_member()
    claim(referrer, claimed)
    assert refusal(referrer, claimed) == "referral_claimed"
    unverified = make_member()
    type(unverified).objects.filter(pk=unverified.pk).update(email_verified_at=None)
    assert refusal(referrer, unverified) == "referral_unverified"
    monkeypatch.setattr(promotions, "_sources", [lambda user_id, email: True])
    assert refusal(referrer, make_member()) == "referral_not_new"


@pytest.mark.parametrize("code", ["", "ZZZZZZZZ", "\x00", "é" * 8, "A" * 5000])
def test_an_unknown_code_is_refused(code):
    with pytest.raises(Invalid) as refused:
        services.claim_referral(user_id=make_member().pk, code=code, address="", at=AT)
    assert refused.value.code == "referral_unknown"


def test_the_code_of_a_closed_account_is_unknown(referrer):
    code = code_for(referrer)
    type(referrer).objects.filter(pk=referrer.pk).update(is_active=False)
    with pytest.raises(Invalid):
        services.claim_referral(user_id=make_member().pk, code=code, address="", at=AT)


def decide(referral, *, accept, reason="looked at it"):
    return services.decide_referral(
        referral_id=referral.pk, accept=accept, actor="user:1", reason=reason, at=AT
    )


def test_staff_decide_and_it_is_audited(referrer):
    new = make_member(phone="+14165550111")
    held = claim(referrer, new)
    assert decide(held, accept=True).state == ReferralState.PENDING
    entry = AuditEntry.objects.get(action="loyalty.decide_referral")
    assert (entry.changes, entry.reason) == ({"state": ["held", "pending"]}, "looked at it")
    earn(new, 5)
    assert numbers_of(referrer) == (100, 0)
    with pytest.raises(Conflict):
        decide(held, accept=False)
    assert list(ReferralTransition.objects.values_list("new", flat=True)) == ["pending", "rewarded"]


def test_a_decision_needs_a_reason_and_a_referral(referrer):
    held = claim(referrer, make_member(phone="+14165550111"))
    with pytest.raises(Invalid):
        decide(held, accept=True, reason=" ")
    with pytest.raises(NotFound):
        services.decide_referral(referral_id=10**12, accept=True, actor="user:1", reason="x", at=AT)


def test_an_erased_person_leaves_numbers_only(referrer, drain_outbox):
    from apps.accounts import services as accounts

    new = make_member("zoe@example.com", phone="+14165550122")
    claim(referrer, new)
    earn(referrer, 10)
    accounts.anonymise_user(user_id=new.pk, actor="user:1", reason="asked", at=AT)
    accounts.anonymise_user(user_id=referrer.pk, actor="user:1", reason="asked", at=AT)
    drain_outbox()
    row = Referral.objects.get()
    assert (row.state, row.mailbox_print, row.phone_print, row.address_print) == (
        "refused", "", "", "",
    )  # fmt: skip
    assert not ReferralCode.objects.exists()
    assert numbers_of(referrer) == (10, 0)
