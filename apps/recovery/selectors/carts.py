"""Carts that were left by somebody who agreed to be reminded."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.notifications.models import Subscription
from apps.notifications.states import Channel, SubscriptionState, Topic
from apps.orders.models import Cart, CartLine
from apps.recovery.models import RecoveryAttempt

MOST_AT_ONCE = 2000


def left_carts(
    *, at: datetime, youngest: timedelta, longest: timedelta, gap: timedelta, last_step: int
) -> list[UUID]:
    """Return carts that may be due at ``at``, the longest left first, at most 2,000.

    They have something in them, were last touched between ``youngest`` and ``longest`` ago, are
    of somebody with a consent, and had neither the last step nor any within ``gap``.
    """
    had = RecoveryAttempt.objects.filter(cart_id=OuterRef("pk")).filter(
        Q(step__gte=last_step) | Q(planned_at__gt=at - gap)
    )
    rows = (
        Cart.objects.filter(ordered_at=None)
        .filter(updated_at__gt=at - longest, updated_at__lte=at - youngest)
        .filter(Exists(CartLine.objects.filter(cart=OuterRef("pk"))))
        .filter(~Exists(had))
        .filter(_of_willing())
    )
    return list(rows.order_by("updated_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def _of_willing() -> Q:
    """Return a first, cheap question; what a consent is worth is decided by notifications."""
    customers = Q(user__is_active=True, user__is_staff=False, user__email_verified_at__isnull=False)
    of_account = customers & (
        Q(_agreed(Channel.EMAIL, "user__email")) | Q(_agreed(Channel.SMS, "user__phone"))
    )
    of_guest = Q(user=None) & (
        Q(_agreed(Channel.EMAIL, "contact__email")) | Q(_agreed(Channel.SMS, "contact__phone"))
    )
    return of_account | of_guest


def _agreed(channel: Channel, column: str) -> Exists:
    return Exists(
        Subscription.objects.filter(
            contact__channel=channel,
            contact__address=OuterRef(column),
            topic=Topic.CART,
            state=SubscriptionState.CONFIRMED,
        )
    )


def left_cart(cart_id: UUID) -> Cart | None:
    """Return a cart with who left it, None when it is gone."""
    return with_owner(Cart.objects.filter(pk=cart_id)).first()


def with_owner(carts: QuerySet[Cart]) -> QuerySet[Cart]:
    """Return ``carts`` with the rows that say who left them."""
    return carts.select_related("user", "contact")


def pieces_of(cart_id: UUID) -> int:
    """Return how many things are in a cart."""
    return sum(CartLine.objects.filter(cart_id=cart_id).values_list("quantity", flat=True))
