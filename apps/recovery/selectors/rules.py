"""What holds at a moment: the newest version of the limits and of each step."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.loyalty.models import Promotion
from apps.loyalty.states import PromotionState
from apps.recovery.models import RecoveryPolicy, RecoveryRule
from apps.recovery.rules.timing import Limits, Step


def current_policy(*, at: datetime) -> RecoveryPolicy | None:
    """Return the limits that hold at ``at``, None where there are none: then nothing is sent."""
    rows = RecoveryPolicy.objects.filter(valid_from__lte=at)
    return rows.order_by("-valid_from", "-pk").first()


def current_rules(*, at: datetime) -> list[RecoveryRule]:
    """Return the version of each step that holds at ``at``, by step; switched off ones as well."""
    rows = RecoveryRule.objects.filter(valid_from__lte=at).select_related("promotion")
    return list(rows.order_by("step", "-valid_from", "-pk").distinct("step"))


def history_of_rules() -> QuerySet[RecoveryRule]:
    """Return all versions of all steps, the newest first."""
    return RecoveryRule.objects.select_related("promotion").order_by("-valid_from", "-pk")


def promotions_with_codes() -> dict[int, str]:
    """Return the names of promotions whose codes a reminder may bring, by key."""
    rows = Promotion.objects.filter(needs_code=True, is_active=True).order_by("name", "pk")
    return dict(rows.values_list("pk", "name"))


def gives_codes(promotion_id: int, *, at: datetime) -> bool:
    """Tell whether a code of the promotion would be good at ``at``."""
    active = Promotion.objects.all().in_state(PromotionState.ACTIVE, at)
    return active.filter(pk=promotion_id, needs_code=True).exists()


def steps_of(rules: list[RecoveryRule]) -> list[Step]:
    """Return the steps of the rules that are switched on."""
    return [
        Step(rule.pk, rule.step, timedelta(minutes=rule.delay_minutes))
        for rule in rules
        if rule.is_active
    ]


def limits_of(policy: RecoveryPolicy) -> Limits:
    """Return the limits of one cart's reminders."""
    return Limits(timedelta(hours=policy.longest_hours), timedelta(hours=policy.gap_hours))
