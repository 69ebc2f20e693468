"""The sweep: which carts are due, who is reminded of them, and who is held out.

Idempotent: a cart has a step once, and a person one first reminder in so many hours, however many
sweeps run at once. What is decided here is judged again at the moment of sending.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.notifications import services as notifications
from apps.notifications.services.consent import refusal_of
from apps.notifications.states import Channel, MessageState, Topic
from apps.recovery.models import RecoveryAttempt, RecoveryPolicy, RecoveryRule
from apps.recovery.rules.groups import arm_of
from apps.recovery.rules.timing import due_step
from apps.recovery.selectors.carts import left_cart, left_carts, pieces_of
from apps.recovery.selectors.people import Reach, has_bought, reach_of
from apps.recovery.selectors.rules import current_policy, current_rules, limits_of, steps_of
from apps.recovery.states import Arm, RuleChannel
from bakery.kernel.locks import advisory_lock
from bakery.kernel.rows import insert_unless_taken

if TYPE_CHECKING:
    from apps.orders.models import Cart

_ON_ITS_WAY = (MessageState.QUEUED, MessageState.SENDING)
MAIL_TEMPLATE, TEXT_TEMPLATE = "recovery/mail/{}", "recovery/sms/{}"


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds in one sweep."""

    policy: RecoveryPolicy
    rules: list[RecoveryRule]
    at: datetime


def plan_reminders(*, at: datetime) -> int:
    """Plan what is due at ``at``; return how many attempts are new, those held out included."""
    policy = current_policy(at=at)
    rules = current_rules(at=at)
    steps = steps_of(rules)
    if policy is None or not policy.is_on or not steps:
        return 0
    limits = limits_of(policy)
    carts = left_carts(
        at=at,
        youngest=min(step.delay for step in steps),
        longest=limits.longest,
        gap=limits.gap,
        last_step=max(step.number for step in steps),
    )
    terms = _Terms(policy, rules, at)
    return sum(_plan(cart_id, terms) for cart_id in carts)


def _plan(cart_id: UUID, terms: _Terms) -> bool:
    """Plan for one cart, if it is due; return whether an attempt is new."""
    at = terms.at
    with transaction.atomic():
        cart = left_cart(cart_id)
        reach = reach_of(cart) if cart is not None else None
        if cart is None or reach is None or not reach.person:
            return False
        # Of two carts that one person left, and of two sweeps, one is looked at after the other.
        advisory_lock(f"recovery-person:{reach.person}")
        rule = _due(cart, terms)
        if rule is None or _was_reminded(cart.pk, reach.person, terms):
            return False
        channel = _channel(cart.pk, reach, rule, terms)
        if channel is None or has_bought(reach, since=cart.updated_at, cart_ids=[cart.pk]):
            return False
        attempt = RecoveryAttempt(
            cart_id=cart.pk,
            step=rule.step,
            rule=rule,
            arm=_arm(cart.pk, reach.person, terms),
            channel=channel,
            person=reach.person,
            touched_at=cart.updated_at,
            planned_at=at,
        )
        if not insert_unless_taken(attempt):
            return False
        if attempt.arm == Arm.REMINDED:
            _write(attempt, reach, rule, terms)
    return True


def _due(cart: "Cart", terms: _Terms) -> RecoveryRule | None:
    if cart.ordered_at is not None or not cart.lines.exists():
        return None
    done = RecoveryAttempt.objects.filter(cart_id=cart.pk).values_list("step", "planned_at")
    step = due_step(
        steps_of(terms.rules),
        touched_at=cart.updated_at,
        done=list(done),
        limits=limits_of(terms.policy),
        at=terms.at,
    )
    return next((rule for rule in terms.rules if step is not None and rule.pk == step.id), None)


def _was_reminded(cart_id: UUID, person: str, terms: _Terms) -> bool:
    """Tell whether another cart of the same person had its turn a short while ago."""
    since = terms.at - timedelta(hours=terms.policy.person_hours)
    rows = RecoveryAttempt.objects.filter(person=person, planned_at__gt=since)
    return rows.exclude(cart_id=cart_id).exists()


def _arm(cart_id: UUID, person: str, terms: _Terms) -> Arm:
    """Return the cart's group: as with its earlier steps, also when the share has changed since."""
    earlier = RecoveryAttempt.objects.filter(cart_id=cart_id).values_list("arm", flat=True).first()
    return Arm(earlier) if earlier else arm_of(person, percent=terms.policy.holdout_percent)


def _channel(cart_id: UUID, reach: Reach, rule: RecoveryRule, terms: _Terms) -> Channel | None:
    """Return how this person may be reminded now, None when in no way."""
    at = terms.at
    if rule.channel == RuleChannel.TEXT and reach.phone:
        recent = at - timedelta(hours=terms.policy.text_hours)
        # Also one that quiet hours kept back and that went out, or will, after it was planned.
        texted = RecoveryAttempt.objects.filter(
            Q(planned_at__gt=recent)
            | Q(message__sent_at__gt=recent)
            | Q(message__state__in=_ON_ITS_WAY),
            cart_id=cart_id,
            channel=Channel.SMS,
        )
        if _may(Channel.SMS, reach.phone, at) and not texted.exists():
            return Channel.SMS
    return Channel.EMAIL if reach.email and _may(Channel.EMAIL, reach.email, at) else None


def _may(channel: Channel, address: str, at: datetime) -> bool:
    return not refusal_of(channel=channel, address=address, topic=Topic.CART, at=at)


def _write(attempt: RecoveryAttempt, reach: Reach, rule: RecoveryRule, terms: _Terms) -> None:
    """Write the message; what a mail says is made when it is sent."""
    key = f"cart:{attempt.cart_id}:{attempt.step}"
    expires_at = attempt.touched_at + timedelta(hours=terms.policy.longest_hours)
    if attempt.channel == Channel.SMS:
        context = {"pieces": pieces_of(attempt.cart_id), "shop_name": settings.SHOP_NAME}
        template = TEXT_TEMPLATE.format(rule.wording)
        attempt.message = notifications.send_sms(
            to=reach.phone,
            body=notifications.write_text(template, context, reach.language),
            dedupe_key=key,
            kind=rule.wording,
            at=terms.at,
            language=reach.language,
            topic=Topic.CART,
            expires_at=expires_at,
        )
    else:
        attempt.message = notifications.send_mail(
            template=MAIL_TEMPLATE.format(rule.wording),
            to=reach.email,
            context={"attempt_id": attempt.pk},
            dedupe_key=key,
            at=terms.at,
            language=reach.language,
            topic=Topic.CART,
            expires_at=expires_at,
        )
    attempt.save(update_fields=["message"])
