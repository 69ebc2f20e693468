"""Two devices at once: points and money are spent once (C2), rewards are given once."""

import threading
from contextlib import suppress
from decimal import Decimal

import pytest

from apps.loyalty import selectors, services
from apps.loyalty.models import GiftCard, PointsAccount, PointsLot, Referral
from apps.loyalty.services import gift_cards, points, postings, referrals
from apps.loyalty.states import ReferralState
from bakery.kernel.errors import Conflict
from tests.inventory.guards import Meeting, outcomes, without_check
from tests.loyalty.members import (
    AT,
    earn,
    issue,
    make_member,
    numbers_of,
    reserve,
    spend_of,
    step,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_points_spent_on_two_devices_are_spent_once(parallel):
    member = make_member()
    earn(member, 100)
    done = outcomes(parallel(8, lambda _: reserve(spend_of(member, 100))))
    assert done == {"ok": 1, "points_short": 7}
    assert numbers_of(member) == (0, 0)
    assert selectors.loyalty_differences() == []


@pytest.mark.control
def test_control_without_lock_and_condition_points_are_spent_twice(
    parallel, monkeypatch, owner_connection
):
    member = make_member()
    earn(member, 100)
    meeting = Meeting()
    draw_live = points.draw_live

    def draw_together(*args, **kwargs):
        parts = draw_live(*args, **kwargs)
        meeting.wait()
        return parts

    def change_blindly(lot_id, columns):
        PointsLot.objects.filter(pk=lot_id).update(
            remaining=postings.F("remaining") + columns["remaining"]
        )

    def balance_blindly(user_id, delta, debt):
        PointsAccount.objects.filter(pk=user_id).update(balance=postings.F("balance") + delta)

    monkeypatch.setattr(points, "lock_account", lambda pk: PointsAccount.objects.get(pk=pk))
    monkeypatch.setattr(points, "draw_live", draw_together)
    monkeypatch.setattr(postings, "_change_lot", change_blindly)
    monkeypatch.setattr(postings, "change_balance", balance_blindly)
    with (
        without_check(
            owner_connection,
            "loyalty_pointsaccount",
            "points_balance",
            "UPDATE loyalty_pointsaccount SET balance = 0",
        ),
        without_check(
            owner_connection,
            "loyalty_pointslot",
            "points_lot_remaining",
            "UPDATE loyalty_pointslot SET remaining = 0",
        ),
    ):
        done = outcomes(parallel(2, lambda _: reserve(spend_of(member, 100))))
        left = numbers_of(member)
    assert (done, left) == ({"ok": 2}, (-100, 0))


def test_a_card_drained_by_many_is_empty_to_the_cent(parallel):
    card = issue("10.00")
    done = outcomes(parallel(20, lambda _: reserve(spend_of(cards=[(card, "0.75")]))))
    assert done == {"ok": 13, "gift_card_short": 7}
    assert GiftCard.objects.get().balance == Decimal("0.25")
    assert outcomes([reserve(spend_of(cards=[(card, "0.25")]))]) == {"ok": 1}
    assert GiftCard.objects.get().balance == 0
    assert selectors.loyalty_differences() == []


@pytest.mark.control
def test_control_without_the_conditional_update_a_card_pays_twice(parallel, monkeypatch):
    card = issue("10.00")
    meeting = Meeting()

    def read_then_write(card_id, amount, *, at):
        row = GiftCard.objects.get(pk=card_id)
        meeting.wait()
        GiftCard.objects.filter(pk=card_id).update(balance=row.balance - amount)
        return row.balance >= amount

    monkeypatch.setattr(gift_cards, "take_money", read_then_write)
    done = outcomes(parallel(2, lambda _: reserve(spend_of(cards=[(card, "10.00")]))))
    assert done == {"ok": 2}
    assert [row.kind for row in selectors.loyalty_differences()] == ["card"]


def test_cards_in_opposite_order_do_not_wait_for_each_other(parallel):
    one, two = issue("50.00"), issue("50.00")
    pairs = [[(one, "1.00"), (two, "1.00")], [(two, "1.00"), (one, "1.00")]]
    done = outcomes(parallel(8, lambda n: reserve(spend_of(cards=pairs[n % 2]))))
    assert done == {"ok": 8}


def test_release_and_consume_at_once_have_one_winner(parallel):
    member = make_member()
    earn(member, 50)
    sale = reserve(spend_of(member, 50))
    names = ["consume", "release"]
    results = parallel(2, lambda n: step(names[n], sale))
    assert selectors.loyalty_differences() == []
    # Whoever came second found it done, or was refused: never both.
    assert numbers_of(member)[0] in (0, 50)
    assert all(isinstance(r, Conflict) or r is None for r in results)


def test_a_collected_order_earns_once_however_often_it_is_told(parallel):
    member = make_member()
    done = outcomes(parallel(6, lambda _: earn(member, 10, reference="sale")))
    assert done == {"ok": 6}
    assert numbers_of(member) == (10, 0)


def test_refunds_told_at_once_take_back_once(parallel):
    member = make_member()
    earn(member, 100, reference="sale")
    amounts = [Decimal(30), Decimal(80), Decimal(80), Decimal(50)]
    parallel(4, lambda n: services.take_back(reference="sale", amount=amounts[n], at=AT))
    assert numbers_of(member) == (20, 0)
    assert selectors.loyalty_differences() == []


@pytest.mark.control
def test_control_without_the_lock_refunds_take_back_twice(parallel, monkeypatch):
    member = make_member()
    earn(member, 100, reference="sale")
    meeting = Meeting()
    reverse = points.reverse

    def reverse_together(*args, **kwargs):
        meeting.wait()
        return reverse(*args, **kwargs)

    monkeypatch.setattr(
        points, "lock_accounts", lambda ids: PointsAccount.objects.in_bulk(list(ids))
    )
    monkeypatch.setattr(points, "reverse", reverse_together)
    amounts = [Decimal(50), Decimal(30)]
    parallel(2, lambda n: services.take_back(reference="sale", amount=amounts[n], at=AT))
    # 50 of 100 were refunded in all: 50 should be left.
    assert numbers_of(member)[0] == 20


def claim(code: str, user) -> Referral:
    return services.claim_referral(user_id=user.pk, code=code, address=f"10.0.0.{user.pk}", at=AT)


def test_claims_of_one_account_at_once_are_one(parallel):
    codes = [services.referral_code(user_id=make_member().pk, at=AT) for _ in range(2)]
    new = make_member()
    done = outcomes(parallel(6, lambda n: claim(codes[n % 2], new)))
    assert done == {"ok": 1, "referral_claimed": 5}


def test_the_limit_of_invitations_is_not_overrun_by_claims_at_once(parallel, settings):
    settings.LOYALTY_REFERRALS_MANY = 3
    code = services.referral_code(user_id=make_member().pk, at=AT)
    members = [make_member() for _ in range(8)]
    parallel(8, lambda n: claim(code, members[n]))
    assert Referral.objects.filter(state=ReferralState.PENDING).count() == 3


@pytest.mark.control
def test_control_without_the_lock_the_limit_is_overrun(parallel, settings, monkeypatch):
    settings.LOYALTY_REFERRALS_MANY = 1
    code = services.referral_code(user_id=make_member().pk, at=AT)
    members = [make_member() for _ in range(2)]
    barrier = threading.Barrier(2)
    signals = referrals._signals

    def signals_together(*args, **kwargs):
        found = signals(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(60)
        return found

    monkeypatch.setattr(referrals, "lock_one", lambda rows, what: rows.get())
    monkeypatch.setattr(referrals, "_signals", signals_together)
    parallel(2, lambda n: claim(code, members[n]))
    assert Referral.objects.filter(state=ReferralState.PENDING).count() == 2


def test_both_get_one_reward_when_orders_are_collected_at_once(parallel):
    """The two accounts are locked in one order: nobody waits for the other."""
    one, two = make_member(), make_member()
    claim(services.referral_code(user_id=one.pk, at=AT), two)
    claim(services.referral_code(user_id=two.pk, at=AT), one)
    members = [one, two]
    done = outcomes(parallel(8, lambda n: earn(members[n % 2], 10, reference=f"sale-{n % 4}")))
    assert done == {"ok": 8}
    assert (numbers_of(one), numbers_of(two)) == ((220, 0), (220, 0))
    assert selectors.loyalty_differences() == []
