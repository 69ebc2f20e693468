"""Many at once at a promotion's last use, with the guards on and off (C1)."""

from decimal import Decimal

import pytest
from django.db import OperationalError, transaction

from apps.loyalty import services
from apps.loyalty.models import Coupon, CustomerUse, Promotion, Redemption
from apps.loyalty.rules.offers import Spend
from apps.loyalty.selectors import Buyer
from apps.loyalty.services import promotion_uses, promotions
from tests.inventory.guards import Meeting, attempt, outcomes, without_check
from tests.loyalty.offers import ADA, AT, make_coupon, make_promotion, quote

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 50
FREE_FOR_ALL = {
    "_TAKE_COUPON": "UPDATE loyalty_coupon SET used = used + 1 WHERE id = %(id)s",
    "_TAKE_CUSTOMER": """
        INSERT INTO loyalty_customeruse AS held (promotion_id, customer, used, most)
        VALUES (%(promotion)s, %(customer)s, 1, %(most)s)
        ON CONFLICT (promotion_id, customer) DO UPDATE SET used = held.used + 1""",
}


def reserve(number, offers, buyer):
    with transaction.atomic():
        services.reserve(
            reference=f"order:{number}", buyer=buyer, spend=Spend(offers.applied), at=AT
        )


def all_at_once(parallel, offers, *, buyer=None, clients=CLIENTS):
    """Let so many reserve what was offered to each of them; count what came of it."""

    def client(number):
        who = buyer or Buyer(None, f"guest{number}@example.com")
        return attempt(lambda: reserve(number, offers, who))

    return outcomes(parallel(clients, client))


def test_of_50_who_use_the_last_coupon_one_has_it(parallel):
    make_coupon("LAST", max_uses=1)
    offers = quote(codes=["LAST"])
    assert all_at_once(parallel, offers) == {"ok": 1, "code_refused": CLIENTS - 1}
    assert (Redemption.objects.count(), Coupon.objects.get().used) == (1, 1)
    # nothing of the refused is counted anywhere
    assert (Promotion.objects.get().used, CustomerUse.objects.count()) == (1, 1)


def test_one_customer_on_many_devices_uses_it_as_often_as_allowed(parallel):
    make_promotion(per_customer_limit=2)
    results = all_at_once(parallel, quote(), buyer=ADA, clients=10)
    assert results == {"ok": 2, "code_refused": 8}
    assert CustomerUse.objects.get().used == 2


def test_the_check_constraint_keeps_the_limit_where_the_condition_is_missing(parallel, monkeypatch):
    monkeypatch.setattr(promotion_uses, "_TAKE_COUPON", FREE_FOR_ALL["_TAKE_COUPON"])
    make_coupon("LAST", max_uses=1)
    results = all_at_once(parallel, quote(codes=["LAST"]), clients=5)
    assert results == {"ok": 1, "IntegrityError": 4}


@pytest.mark.control
def test_control_without_condition_and_constraint_everybody_uses_the_last_coupon(
    parallel, monkeypatch, owner_connection
):
    monkeypatch.setattr(promotion_uses, "_TAKE_COUPON", FREE_FOR_ALL["_TAKE_COUPON"])
    make_coupon("LAST", max_uses=1)
    with without_check(
        owner_connection,
        "loyalty_coupon",
        "coupon_used_within_limit",
        "UPDATE loyalty_coupon SET used = 0",
    ):
        assert all_at_once(parallel, quote(codes=["LAST"]), clients=10) == {"ok": 10}
        assert Redemption.objects.count() == 10


@pytest.mark.control
def test_control_without_condition_and_constraint_one_customer_has_no_limit(
    parallel, monkeypatch, owner_connection
):
    monkeypatch.setattr(promotion_uses, "_TAKE_CUSTOMER", FREE_FOR_ALL["_TAKE_CUSTOMER"])
    make_promotion(per_customer_limit=2)
    with without_check(
        owner_connection,
        "loyalty_customeruse",
        "customer_use_within_limit",
        "UPDATE loyalty_customeruse SET used = 0",
    ):
        assert all_at_once(parallel, quote(), buyer=ADA, clients=10) == {"ok": 10}


# --- two promotions, crosswise ------------------------------------------------------------------


def cross(parallel, monkeypatch):
    """Let two customers use the same two promotions, named in opposite order."""
    make_promotion(name="Ten")
    make_promotion(name="Five", value=Decimal(5))
    there = quote().applied
    meeting, take = Meeting(seconds=0.4), promotions.take_use

    def take_and_meet(use, **fields):
        taken = take(use, **fields)
        meeting.wait()
        return taken

    monkeypatch.setattr(promotions, "take_use", take_and_meet)

    def client(number):
        offers = there if number else tuple(reversed(there))

        def work():
            with transaction.atomic():
                services.reserve(
                    reference=f"order:{number}",
                    buyer=Buyer(None, f"guest{number}@example.com"),
                    spend=Spend(offers),
                    at=AT,
                )

        return attempt(work)

    return outcomes(parallel(2, client))


def test_two_promotions_named_crosswise_do_not_deadlock(parallel, monkeypatch):
    assert cross(parallel, monkeypatch) == {"ok": 2}


@pytest.mark.control
def test_control_without_the_order_of_locks_they_deadlock(parallel, monkeypatch):
    monkeypatch.setattr(promotions, "in_lock_order", list)
    assert cross(parallel, monkeypatch) == {"ok": 1, OperationalError.__name__: 1}


def test_uses_are_the_same_after_many_are_taken_and_given_back(parallel):
    make_coupon("SHARED", max_uses=3)
    offers = quote(codes=["SHARED"])

    def client(number):
        def work():
            reserve(number, offers, Buyer(None, f"guest{number}@example.com"))
            with transaction.atomic():
                services.release(reference=f"order:{number}", reason="expired", at=AT)

        return attempt(work)

    results = outcomes(parallel(12, client))
    assert results["ok"] >= 3
    assert results.keys() <= {"ok", "code_refused"}
    counts = (Promotion.objects.get().used, Coupon.objects.get().used)
    assert counts == (0, 0)
    assert set(CustomerUse.objects.values_list("used", flat=True)) == {0}
