"""Sweeps and mails that happen at once: nobody is reminded twice or gets two codes."""

import threading

import pytest

from apps.loyalty.models import Coupon
from apps.recovery import services
from apps.recovery.models import RecoveryAttempt, RecoveryRule
from apps.recovery.services import coupons, planning
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, make_variant
from tests.recovery.factories import HOUR, hold, leave, messages, remind

pytestmark = pytest.mark.django_db(transaction=True)


def sweep_twice(parallel):
    """Two sweeps at once over two carts of one person; return how many attempts there are."""
    hold()
    variant = make_variant()
    leave([(variant, 1, "")])
    leave([(variant, 1, "")], at=AT)
    results = parallel(2, lambda number: services.plan_reminders(at=AT + HOUR))
    assert not [result for result in results if isinstance(result, Exception)], results
    assert sum(results) == RecoveryAttempt.objects.count()
    return len(messages())


def test_two_sweeps_remind_one_person_once(parallel):
    assert sweep_twice(parallel) == 1


@pytest.mark.control
def test_control_without_the_persons_lock_two_carts_are_reminded_of(parallel, monkeypatch):
    """Each sweep begins with another cart, and both look before either writes."""
    barrier = threading.Barrier(2, timeout=60)
    met, plan, looks = threading.local(), planning._was_reminded, planning.left_carts
    turn = iter((False, True))

    def look(*args):
        found = plan(*args)
        if not getattr(met, "done", False):
            met.done = True
            barrier.wait()
        return found

    def other_order(**limits):
        carts = looks(**limits)
        return carts[::-1] if next(turn) else carts

    monkeypatch.setattr(planning, "advisory_lock", lambda name: None)
    monkeypatch.setattr(planning, "_was_reminded", look)
    monkeypatch.setattr(planning, "left_carts", other_order)
    assert sweep_twice(parallel) == 2


def ask_twice(parallel):
    """Ask for the code of one reminder twice at once; return the codes and how many exist."""
    hold()
    promotion = make_promotion(needs_code=True, at=AT)
    RecoveryRule.objects.create(
        step=1,
        valid_from=AT,
        delay_minutes=60,
        channel="mail",
        wording="cart_left",
        promotion=promotion,
    )
    attempt = remind()
    results = parallel(2, lambda number: services.coupons.coupon_for(attempt.pk, at=AT + HOUR))
    return {getattr(gift, "code", gift) for gift in results}, Coupon.objects.count()


def test_one_reminder_has_one_code(parallel):
    codes, count = ask_twice(parallel)
    assert (len(codes), count) == (1, 1)


@pytest.mark.control
def test_control_without_the_lock_two_codes_are_made(parallel, monkeypatch):
    barrier = threading.Barrier(2, timeout=60)
    deserves = coupons._deserves

    def both(attempt, *, at):
        found = deserves(attempt, at=at)
        barrier.wait()
        return found

    monkeypatch.setattr(coupons, "advisory_lock", lambda name: None)
    monkeypatch.setattr(coupons, "lock_one", lambda rows, what: rows.get())
    monkeypatch.setattr(coupons, "_deserves", both)
    codes, count = ask_twice(parallel)
    assert (len(codes), count) == (2, 2)
