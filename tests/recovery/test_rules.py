"""What holds is written in versions; absurd values are refused with the field that is wrong."""

from decimal import Decimal

import pytest

from apps.loyalty.models import Coupon
from apps.recovery import selectors, services
from apps.recovery.models import RecoveryAttempt, RecoveryPolicy, RecoveryRule
from bakery.kernel.errors import Invalid
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, make_variant
from tests.recovery.factories import DAY, HOUR, hold, leave, leave_account, make_customer, remind

pytestmark = pytest.mark.django_db
API = "/api/v1/staff/recovery"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"holdout_percent": Decimal("50.01")}, "bad_share"),
        ({"holdout_percent": Decimal("NaN")}, "bad_share"),
        ({"holdout_percent": Decimal(-1)}, "bad_share"),
        ({"holdout_percent": 0.1}, "bad_share"),
        ({"text_hours": 47}, "bad_number"),
        ({"longest_hours": 0}, "bad_number"),
        ({"gap_hours": True}, "bad_number"),
        ({"link_days": 10**30}, "bad_number"),
        ({"is_on": 1}, "bad_switch"),
    ],
)
def test_limits_that_make_no_sense_are_refused(values, code):
    hold()
    with pytest.raises(Invalid) as refused:
        services.change_policy(values=values, actor="user:1", at=AT)
    assert (refused.value.code, refused.value.details["field"]) == (code, next(iter(values)))


@pytest.mark.parametrize(
    ("step", "values", "code"),
    [
        (0, {}, "bad_step"),
        (10, {}, "bad_step"),
        (1, {"delay_minutes": 0}, "bad_number"),
        (1, {"delay_minutes": 1440}, "bad_order"),
        (2, {"delay_minutes": 60}, "bad_order"),
        (3, {"delay_minutes": 2000}, "bad_channel"),
        (1, {"channel": "fax"}, "bad_channel"),
        (1, {"wording": "x"}, "bad_wording"),
        (1, {"promotion_id": 2**70}, "bad_promotion"),
        (1, {"promotion_id": 77}, "bad_promotion"),
        (1, {"is_active": "yes"}, "bad_switch"),
    ],
)
def test_reminders_that_make_no_sense_are_refused(step, values, code):
    hold()
    with pytest.raises(Invalid) as refused:
        services.change_rule(step=step, values=values, actor="user:1", at=AT)
    assert refused.value.code == code


def test_a_change_is_a_new_version_in_the_trail_and_holds_from_then_on():
    hold()
    versions = RecoveryRule.objects.count()
    services.change_rule(step=1, values={"delay_minutes": 30}, actor="user:1", at=AT)
    assert RecoveryRule.objects.count() == versions + 1
    assert [r.delay_minutes for r in selectors.current_rules(at=AT)] == [30, 1440]
    assert [r.delay_minutes for r in selectors.current_rules(at=AT - HOUR)] == [60, 1440]
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.changes["delay_minutes"]) == ("recovery.rule.change", [60, 30])
    services.change_policy(values={"holdout_percent": Decimal(20)}, actor="user:1", at=AT)
    assert AuditEntry.objects.latest("seq").changes == {"holdout_percent": ["0.00", "20.00"]}


def test_the_migration_seeds_an_hour_and_a_day():
    rules = selectors.current_rules(at=AT)
    assert [(r.step, r.delay_minutes, r.channel) for r in rules] == [
        (1, 60, "text"),
        (2, 1440, "mail"),
    ]
    policy = RecoveryPolicy.objects.get()
    assert (policy.holdout_percent, policy.text_hours, policy.is_on) == (10, 48, True)


@pytest.mark.parametrize("table", [RecoveryPolicy, RecoveryRule])
def test_versions_are_never_rewritten(table):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.update(valid_from=AT)


@pytest.mark.parametrize(
    "given",
    [
        {"is_on": "no"},
        {"is_on": None},
        {"holdout_percent": "NaN"},
        {"holdout_percent": "1e400"},
        {"text_hours": 47},
        {"link_days": "7"},
        {"gap_hours": 1.0},
        [],
    ],
)
def test_the_api_refuses_absurd_limits(given):
    hold()
    manager = people.api(people.log_in(people.staff("manager")).access)
    reply = manager.patch(f"{API}/policy", given, format="json")
    assert reply.status_code == 400
    assert reply.json()["error"]["code"]


def test_managers_change_what_holds_over_the_api():
    hold()
    manager = people.api(people.log_in(people.staff("manager")).access)
    assert manager.patch(f"{API}/policy", {"is_on": False}, format="json").json()["is_on"] is False
    assert manager.get(f"{API}/policy").json()["is_on"] is False
    reply = manager.patch(f"{API}/rules/1", {"delay_minutes": 90}, format="json")
    assert (reply.status_code, reply.json()["delay_minutes"]) == (200, 90)
    assert [r["delay_minutes"] for r in manager.get(f"{API}/rules").json()] == [90, 1440]
    assert manager.patch(f"{API}/rules/99", {}, format="json").status_code == 400


@pytest.fixture
def promotion():
    """Let the first reminder bring a code."""
    hold()
    promotion = make_promotion(needs_code=True, at=AT - DAY)
    services.change_rule(
        step=1, values={"promotion_id": promotion.pk, "channel": "mail"}, actor="user:1", at=AT
    )
    return promotion


def gift(attempt, at=AT + HOUR):
    return services.reminder_mail(context={"attempt_id": attempt.pk}, at=at)["coupon"]


def test_a_code_is_made_once_for_one_use_and_ends(promotion):
    attempt = remind()
    code = gift(attempt)
    assert code == gift(attempt, at=AT + 2 * HOUR)
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.max_uses, coupon.is_active) == (code, 1, True)
    end = AT + HOUR + 7 * DAY
    assert services.end_coupons(at=end - HOUR) == 0
    assert services.end_coupons(at=end) == 1
    assert services.end_coupons(at=end) == 0
    coupon.refresh_from_db()
    assert not coupon.is_active


def test_an_accounts_code_is_its_own(promotion):
    user = make_customer()
    gift(remind(leave_account(user)))
    assert Coupon.objects.get().user_id == user.pk


def test_who_leaves_carts_to_get_codes_gets_one_in_thirty_days(promotion):
    variant = make_variant()
    first = remind(leave([(variant, 1, "")]))
    assert gift(first)
    for days, has_code in ((5, False), (29, False), (33, True)):
        at = AT + days * DAY
        leave([(variant, 1, "")], email="ada+x@example.com", at=at)
        assert services.plan_reminders(at=at + HOUR) == 1, days
        attempt = RecoveryAttempt.objects.latest("pk")
        assert bool(gift(attempt, at=at + HOUR)) is has_code
    assert RecoveryAttempt.objects.exclude(coupon=None).count() == 2


def test_no_code_of_a_promotion_that_is_over(promotion):
    attempt = remind()
    promotion.ends_at = AT + HOUR
    promotion.save()
    assert gift(attempt) is None
