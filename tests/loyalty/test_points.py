"""Points: earned by lots, used from those that end first, taken back after refunds."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.loyalty import selectors, services
from apps.loyalty.models import PointsLot, PointsMove, PointsUse
from apps.loyalty.rules.points import last_day, points_covering, points_kept, worth_of
from apps.loyalty.states import SpendState
from apps.notifications.models import Message
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.loyalty.members import (
    AT,
    DAY,
    earn,
    lots_of,
    make_member,
    numbers_of,
    reserve,
    spend_of,
    step,
)

CENT = Decimal("0.01")
YEAR_ON = AT + 366 * DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return make_member()


@pytest.fixture(autouse=True)
def _ledgers_agree(db):
    yield
    assert selectors.loyalty_differences() == []


def test_earns_whole_points_once_for_a_reference(member):
    for _ in range(2):
        services.earn(user_id=member.pk, reference="sale", amount=Decimal("12.99"), at=AT)
    lot = PointsLot.objects.get()
    assert (lot.points, lot.remaining, lot.amount, lot.rate) == (12, 12, Decimal("12.99"), 1)
    assert numbers_of(member) == (12, 0)


@pytest.mark.parametrize("amount", ["0", "-5", "0.99"])
def test_too_little_earns_nothing_and_is_remembered(member, amount):
    services.earn(user_id=member.pk, reference="sale", amount=Decimal(amount), at=AT)
    assert numbers_of(member) == (0, 0)
    assert PointsLot.objects.count() == 1


def test_balance_tells_worth_and_the_next_end(member):
    earn(member, 30, at=AT)
    earn(member, 12, at=AT + 10 * DAY)
    balance = selectors.points_balance(member.pk, at=AT + 20 * DAY)
    assert (balance.spendable, balance.worth, balance.debt) == (42, Decimal("2.10"), 0)
    assert (str(balance.next_expiry_on), balance.next_expiry_points) == ("2027-06-01", 30)
    # The last day itself still counts, by the shop's clock.
    assert selectors.points_balance(member.pk, at=AT + 365 * DAY).spendable == 42
    assert selectors.points_balance(member.pk, at=YEAR_ON).spendable == 12


def test_somebody_without_points_has_zeros(member):
    assert selectors.points_balance(member.pk, at=AT) == selectors.PointsBalance(
        worth=Decimal("0.00")
    )


def test_balance_takes_one_query_whatever_the_number_of_lots(member, django_assert_num_queries):
    for lots in (1, 6):
        for _ in range(lots):
            earn(member, 5)
        with django_assert_num_queries(1):
            selectors.points_balance(member.pk, at=AT)


def test_uses_the_lots_that_end_first_and_returns_to_the_same(member):
    earn(member, 10, at=AT + 5 * DAY)
    earn(member, 10, at=AT)
    sale = reserve(spend_of(member, 14), at=AT + 6 * DAY)
    assert lots_of(member) == [("earned", 0), ("earned", 6)]
    step("release", sale)
    assert lots_of(member) == [("earned", 10), ("earned", 10)]
    step("release", sale)
    assert numbers_of(member) == (20, 0)


def test_more_than_is_there_is_refused_with_what_is_there(member):
    earn(member, 10)
    with pytest.raises(Conflict) as refused:
        reserve(spend_of(member, 11))
    assert (refused.value.code, refused.value.details) == ("points_short", {"available": 10})


def test_points_that_are_over_cannot_be_used_although_nobody_swept_them(member):
    earn(member, 10)
    with pytest.raises(Conflict):
        reserve(spend_of(member, 1), at=YEAR_ON)
    assert numbers_of(member) == (10, 0)


def test_consumed_points_stay_gone_until_the_order_is_called_off(member):
    earn(member, 10)
    sale = reserve(spend_of(member, 10))
    step("consume", sale)
    step("consume", sale)
    step("release", sale)
    assert numbers_of(member) == (0, 0)
    step("give_back", sale)
    step("give_back", sale)
    assert numbers_of(member) == (10, 0)


def test_a_lapsed_sale_takes_its_points_again_when_they_are_there(member):
    earn(member, 10)
    sale = reserve(spend_of(member, 10))
    step("release", sale)
    assert step("retake", sale) is True
    assert step("retake", sale) is True
    assert PointsUse.objects.get().state == SpendState.CONSUMED
    assert numbers_of(member) == (0, 0)


def test_a_lapsed_sale_does_not_get_points_that_were_used_elsewhere(member):
    earn(member, 10)
    sale = reserve(spend_of(member, 10))
    step("release", sale)
    reserve(spend_of(member, 1))
    assert step("retake", sale) is False
    assert numbers_of(member) == (9, 0)


def test_consuming_what_was_given_back_is_refused(member):
    earn(member, 10)
    sale = reserve(spend_of(member, 10))
    step("release", sale)
    with pytest.raises(Conflict) as refused:
        step("consume", sale)
    assert refused.value.code == "not_reserved"


def test_points_whose_lot_ended_return_with_days_of_grace(member):
    earn(member, 10)
    sale = reserve(spend_of(member, 10), at=AT + 364 * DAY)
    step("release", sale, at=YEAR_ON)
    assert lots_of(member) == [("earned", 0), ("grace", 10)]
    assert selectors.points_balance(member.pk, at=YEAR_ON + 29 * DAY).spendable == 10
    assert selectors.points_balance(member.pk, at=YEAR_ON + 30 * DAY).spendable == 0


def test_an_edit_returns_what_it_no_longer_uses(member):
    earn(member, 10, at=AT)
    earn(member, 10, at=AT + DAY)
    sale = reserve(spend_of(member, 15), at=AT + DAY)
    step("amend", sale, spend=spend_of(member, 8))
    # The points that end later return, as if they had not been taken.
    assert lots_of(member) == [("earned", 2), ("earned", 10)]
    step("consume", sale)
    step("amend", sale, spend=spend_of())
    assert numbers_of(member) == (20, 0)
    step("give_back", sale)
    assert step("retake", sale) is True
    assert numbers_of(member) == (20, 0)


def test_an_edit_cannot_use_more_nor_somebody_elses(member):
    earn(member, 20)
    sale = reserve(spend_of(member, 5))
    for spend in (spend_of(member, 6), spend_of(make_member(), 5)):
        with pytest.raises(ValueError, match="an edit cannot"):
            step("amend", sale, spend=spend)
    with pytest.raises(ValueError, match="an edit cannot"):
        step("amend", "another", spend=spend_of(member, 1))


def test_a_step_outside_a_transaction_is_a_bug(transactional_db):
    with pytest.raises(RuntimeError):
        services.consume(reference="x", at=AT)


# --- what refunds take back ----------------------------------------------------------------------


def test_a_refund_leaves_what_the_rest_would_have_earned(member):
    services.earn(user_id=member.pk, reference="sale", amount=Decimal("10.50"), at=AT)
    for refunded, left in (("0.50", 10), ("0.51", 9), ("0.51", 9), ("0.20", 9), ("10.50", 0)):
        services.take_back(reference="sale", amount=Decimal(refunded), at=AT)
        assert numbers_of(member) == (left, 0)


def test_a_rate_that_changed_since_changes_nothing(member, settings):
    earn(member, 10, reference="sale")
    settings.LOYALTY_POINTS_PER_UNIT = Decimal(5)
    services.take_back(reference="sale", amount=Decimal(4), at=AT)
    assert numbers_of(member) == (6, 0)


def test_spent_points_become_a_debt_that_the_next_ones_pay(member):
    first = earn(member, 10)
    step("consume", reserve(spend_of(member, 10)))
    services.take_back(reference=first, amount=Decimal(10), at=AT)
    assert numbers_of(member) == (0, 10)
    assert selectors.points_balance(member.pk, at=AT).debt == 10
    with pytest.raises(Conflict):
        reserve(spend_of(member, 1))
    earn(member, 7)
    assert numbers_of(member) == (0, 3)
    earn(member, 7)
    assert numbers_of(member) == (4, 0)


def test_points_that_return_pay_the_debt_first(member):
    first = earn(member, 10)
    sale = reserve(spend_of(member, 10))
    services.take_back(reference=first, amount=Decimal(10), at=AT)
    step("release", sale)
    assert numbers_of(member) == (0, 0)
    assert step("retake", sale) is False


def test_a_refund_takes_from_other_lots_before_it_makes_a_debt(member):
    first = earn(member, 10, at=AT)
    earn(member, 10, at=AT + DAY)
    reserve(spend_of(member, 10), at=AT + DAY)
    services.take_back(reference=first, amount=Decimal(10), at=AT + DAY)
    assert numbers_of(member) == (0, 0)


def test_what_expired_is_not_taken_a_second_time(member):
    first = earn(member, 10)
    assert services.expire_points(at=YEAR_ON) == 1
    services.take_back(reference=first, amount=Decimal(10), at=YEAR_ON)
    assert numbers_of(member) == (0, 0)


def test_a_sale_that_earned_nothing_loses_nothing(member):
    services.take_back(reference="unknown", amount=Decimal(10), at=AT)
    assert PointsMove.objects.count() == 0


# --- expiry, notices, staff ----------------------------------------------------------------------


def test_points_end_once_and_live_ones_stay(member):
    earn(member, 10, at=AT)
    earn(member, 5, at=AT + 40 * DAY)
    assert (services.expire_points(at=YEAR_ON), services.expire_points(at=YEAR_ON)) == (1, 0)
    assert numbers_of(member) == (5, 0)


def test_people_are_told_once_before_points_end(member):
    earn(member, 10)
    assert services.warn_of_expiry(at=AT + 300 * DAY) == 0
    for expected in (1, 0):
        assert services.warn_of_expiry(at=AT + 340 * DAY) == expected
    message = Message.objects.get()
    assert (message.recipient, message.template) == (member.email, "loyalty/mail/points_expiring")
    assert message.context["rows"] == [{"day": "Tuesday 1 June 2027", "points": 10}]


def test_closed_accounts_are_not_written_to(member):
    earn(member, 10)
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    assert services.warn_of_expiry(at=AT + 340 * DAY) == 0
    assert not Message.objects.exists()


def adjust(member, points, **fields):
    values = {"reason": "sorry", "ref": f"r{points}", "actor": "user:1", "at": AT}
    return services.adjust_points(user_id=member.pk, points=points, **values | fields)


def test_staff_give_and_take_with_a_reason_once(member):
    for points in (30, 30, -10, -10):
        adjust(member, points)
    assert numbers_of(member) == (20, 0)
    entries = AuditEntry.objects.filter(action="loyalty.adjust_points").order_by("seq")
    assert [entry.changes["points"] for entry in entries] == [[None, 30], [None, -10]]
    assert entries[0].reason == "sorry"


@pytest.mark.parametrize("points", [0, 1_000_001, -1_000_001, True, 1.5])
def test_unbelievable_adjustments_are_refused(member, points):
    with pytest.raises(Invalid) as refused:
        adjust(member, points)
    assert refused.value.code == "bad_points"


def test_staff_cannot_take_more_than_is_there_nor_without_a_reason(member):
    with pytest.raises(Conflict, match="used elsewhere"):
        adjust(member, -1)
    with pytest.raises(Invalid, match="Say why"):
        adjust(member, 1, reason="  ")
    with pytest.raises(NotFound):
        services.adjust_points(user_id=10**15, points=1, reason="x", ref="x", actor="user:1", at=AT)


# --- rules ---------------------------------------------------------------------------------------

amounts = st.decimals("0", "99999", places=2)
values = st.sampled_from([Decimal("0.05"), Decimal("0.01"), Decimal("0.003"), Decimal("0.333")])


@given(amounts, values)
def test_points_cover_no_more_than_an_amount_and_one_more_would(amount, value):
    points = points_covering(amount, value)
    assert points * value <= amount < (points + 1) * value
    assert worth_of(points, value, CENT) <= amount


@given(st.integers(0, 10_000), st.integers(0, 10_000), values)
def test_points_in_two_halves_pay_no_more_than_at_once(one, other, value):
    halves = worth_of(one, value, CENT) + worth_of(other, value, CENT)
    assert halves <= worth_of(one + other, value, CENT)


@given(amounts, st.lists(st.decimals("0", "500", places=2), max_size=6))
def test_partial_refunds_in_any_number_end_where_one_would(amount, refunds):
    total = sum(refunds, Decimal(0))
    kept = [points_kept(amount, part, Decimal(1)) for part in refunds] or [0]
    assert points_kept(amount, total, Decimal(1)) <= min(kept) or not refunds


def test_the_last_day_is_the_same_day_or_the_months_last():
    from datetime import date

    assert last_day(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert last_day(date(2027, 2, 28), 12) == date(2028, 2, 28)
    assert last_day(date(2026, 12, 15), 1) == date(2027, 1, 15)


def test_points_end_by_the_shops_calendar_over_a_clock_change(member):
    earn(member, 5, at=AT)
    lot = PointsLot.objects.get()
    # 2 June 2027, 00:00 in Toronto.
    assert lot.expires_at - timedelta(hours=4) == lot.expires_at.replace(hour=0)
