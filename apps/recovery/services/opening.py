"""The moment of sending: whether a reminder is still true, and what it says."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.inventory import selectors as inventory
from apps.loyalty.selectors import Buyer
from apps.orders import selectors as orders
from apps.orders.selectors import CartLineView, CartView
from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors.carts import left_cart
from apps.recovery.selectors.people import has_bought, reach_of
from apps.recovery.selectors.rules import current_policy
from apps.recovery.services.coupons import coupon_for
from apps.recovery.services.tokens import link_to
from apps.recovery.states import Wording
from bakery.kernel import clock, wording
from bakery.kernel.errors import DomainError

if TYPE_CHECKING:
    from apps.orders.models import Cart

# The kinds of messages that this app judges at the moment of sending.
KINDS = tuple(Wording.values)


def outdated_reminder(*, message_id: int, at: datetime) -> str:
    """Return why a reminder must not go out any more, "" when it may; see `add_last_check`.

    The codes: ``no_attempt``, ``switched_off``, ``cart_gone``, ``bought``, ``active_again``,
    ``cart_empty``, ``sold_out``, ``no_pickup``.
    """
    attempt = RecoveryAttempt.objects.filter(message_id=message_id).first()
    policy = current_policy(at=at)
    if attempt is None:
        return "no_attempt"
    if policy is None or not policy.is_on:
        return "switched_off"
    cart = left_cart(attempt.cart_id)
    reach = reach_of(cart) if cart is not None else None
    if cart is None or reach is None:
        return "cart_gone"
    since = attempt.touched_at
    if cart.ordered_at is not None or has_bought(reach, since=since, cart_ids=[cart.pk]):
        return "bought"
    return _changed(cart, since=since, at=at)


def _changed(cart: "Cart", *, since: datetime, at: datetime) -> str:
    """Return what speaks against reminding of what is in the cart now."""
    view = _view(cart, at=at)
    if not view.lines:
        return "cart_empty"  # emptied, or taken along into an account's
    if cart.updated_at > since:
        return "active_again"
    if not _to_buy(view.lines):
        return "sold_out"
    return "" if _earliest(view, at=at) is not None else "no_pickup"


def reminder_mail(*, context: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return what a reminder's mail says: what can still be bought, at today's prices, and its
    link; see `add_mail_secrets`.
    """
    attempt = RecoveryAttempt.objects.select_related("rule", "message").get(
        pk=context["attempt_id"]
    )
    cart = left_cart(attempt.cart_id)
    language = attempt.message.language if attempt.message is not None else wording.DEFAULT
    said: dict[str, Any] = {"link": link_to(attempt)}
    if cart is None:
        return said
    view = _view(cart, at=at)
    fine = _to_buy(view.lines)
    earliest = _earliest(view, at=at)
    coupon = coupon_for(attempt.pk, at=at)
    return {
        **said,
        "lines": [_line(line, view.currency, language) for line in fine],
        "missing": len(view.lines) - len(fine),
        "total": wording.amount_text(view.total, view.currency, language),
        "pickup": wording.moment_text(earliest, clock.shop_zone(), language) if earliest else "",
        "coupon": coupon and coupon.code,
        "offer": coupon and coupon.label,
        "coupon_until": coupon and wording.day_text(clock.shop_date(coupon.ends_at), language),
    }


def link_of_message(*, message_id: int) -> str:
    """Return the link that a reminder's text ends with; see `add_text_link`."""
    attempt = RecoveryAttempt.objects.filter(message_id=message_id).first()
    return link_to(attempt) if attempt is not None else ""


def _view(cart: "Cart", *, at: datetime) -> CartView:
    buyer = Buyer(cart.user_id, "") if cart.user_id else None
    return orders.cart_view(cart.pk, at=at, user_id=cart.user_id, buyer=buyer)


def _to_buy(lines: Iterable[CartLineView]) -> list[CartLineView]:
    return [line for line in lines if line.unit_price is not None and line.problem is None]


def _earliest(view: CartView, *, at: datetime) -> datetime | None:
    """Return the first moment at which what can still be bought can be had together."""
    quantities: dict[int, int] = {}
    for line in _to_buy(view.lines):
        quantities[line.variant_id] = quantities.get(line.variant_id, 0) + line.quantity
    try:
        made = inventory.promise_for(quantities, at=at)
    except DomainError:
        return None
    return made.slot.starts_at if made.slot else None


def _line(line: CartLineView, currency: str, language: str) -> dict[str, Any]:
    return {
        "quantity": line.quantity,
        "name": line.product_name,
        "size": line.variant_name,
        "total": wording.amount_text(line.line_total or Decimal(0), currency, language),
    }
