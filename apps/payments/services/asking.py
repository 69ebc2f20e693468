"""Asking for a refund of what was sold: by lines or by an amount, never more than is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.orders.selectors import sale_of
from apps.orders.states import OrderStatus
from apps.payments.models import RefundRequest
from apps.payments.rules.refund_plan import (
    LineShare,
    Refundable,
    RefundLine,
    RefundPreview,
    check_amount,
    pack_lines,
    share_lines,
    split_ways,
    too_much,
)
from apps.payments.selectors.money_left import refundable
from apps.payments.services import ledger
from apps.payments.states import ASKED_FOR, RefundReason
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.money import round_money

_ZERO = Decimal(0)
_LONGEST_EXPLANATION, _LONGEST_REFERENCE = 1000, 60


@dataclass(frozen=True)
class _Plan:
    preview: RefundPreview
    lines: list[list[LineShare]]


def preview_refund(
    *, order_id: int, lines: Sequence[RefundLine] = (), amount: Decimal | None = None
) -> RefundPreview:
    """Return what a refund of ``lines``, or of ``amount``, would come to; do nothing.

    With neither: all that is left. Raises `NotFound` ``order_not_found``; `Invalid`
    ``bad_amount``, ``bad_line``; `Conflict` ``too_much`` (details: left), ``nothing_left``,
    ``not_refundable``.
    """
    return _plan(order_id, lines, amount).preview


def request_refund_of(
    *,
    order_id: int,
    reason: RefundReason,
    lines: Sequence[RefundLine] = (),
    amount: Decimal | None = None,
    explanation: str,
    goods_back: bool = False,
    by: str,
    reference: str,
    at: datetime,
) -> list[RefundRequest]:
    """Ask for ``lines`` or ``amount`` of an order to go back, one request for each way it goes.

    Asking again under the same ``reference`` returns the requests made then. ``goods_back``: the
    pieces came back whole, and those that are not made to order are sold again.

    Raises as `preview_refund`, and `Invalid` ``bad_reason``, ``bad_explanation``,
    ``bad_reference``, ``bad_goods_back``.
    """
    reason = _checked_reason(reason)
    explanation = _checked_text(explanation)
    if not 1 <= len(reference) <= _LONGEST_REFERENCE or not reference.isprintable():
        raise Invalid("bad_reference", f"Name the request in at most {_LONGEST_REFERENCE} signs.")
    with transaction.atomic():
        ledger.lock_payments(order_id)
        known = RefundRequest.objects.filter(
            order_id=order_id, reference=reference, reason__in=ASKED_FOR
        )
        if found := list(known.select_related("payment").order_by("pk")):
            return found
        plan = _plan(order_id, lines, amount)
        sale = sale_of(order_id)
        if goods_back and (not lines or sale is None or sale.status != OrderStatus.COLLECTED):
            raise Invalid("bad_goods_back", "Only goods that were handed out come back, by line.")
        rows = _rows(order_id, plan)
        for row in rows:
            row.reason, row.reference, row.explanation = reason, reference, explanation
            row.goods_back, row.requested_by, row.requested_at = goods_back, by, at
            ledger.write_request(row, number=sale.number if sale else "", at=at)
    return rows


def _rows(order_id: int, plan: _Plan) -> list[RefundRequest]:
    """Return what goes back each way, without who asked for it and why; not saved."""
    return [
        RefundRequest(
            order_id=order_id,
            payment_id=way.payment_id,
            amount=way.amount,
            currency=plan.preview.currency,
            way=way.way,
            lines=[share.as_json() for share in shares],
        )
        for way, shares in zip(plan.preview.ways, plan.lines, strict=True)
    ]


def _plan(order_id: int, lines: Sequence[RefundLine], amount: Decimal | None) -> _Plan:
    """Return what goes back and how: by ``lines``, else ``amount``, else all that is left."""
    if lines and amount is not None:
        raise Invalid("bad_amount", "Ask for lines or for an amount, not for both.")
    left = refundable(order_id)
    if left.amount_left <= 0:
        raise Conflict("nothing_left", "Everything of this order was refunded or asked for.")
    shares = share_lines(left, lines)
    if shares:
        amount = _worth(shares, left)
        tax = sum((share.tax for share in shares), _ZERO)
    else:
        amount = left.amount_left if amount is None else check_amount(amount, left)
        tax = round_money(left.tax_left * amount / left.amount_left, left.currency)
    ways = split_ways(amount, left.ways)
    packed = pack_lines(shares, ways, left.currency)
    return _Plan(RefundPreview(amount, tax, left.currency, ways, left), packed)


def _worth(shares: Sequence[LineShare], left: Refundable) -> Decimal:
    """Return what the lines are worth; raise `Conflict` when less money than that is left."""
    amount = sum((share.amount for share in shares), _ZERO)
    if amount <= 0:
        raise Invalid("bad_line", "These pieces cost nothing.")
    if amount > left.amount_left:
        raise too_much(left)
    return amount


def _checked_reason(reason: str) -> RefundReason:
    if reason not in ASKED_FOR:
        raise Invalid("bad_reason", "Say whether it is for the goods or out of goodwill.")
    return RefundReason(reason)


def _checked_text(text: str) -> str:
    clean = text.strip()
    if not clean or len(clean) > _LONGEST_EXPLANATION or "\0" in clean:
        most = f"Say why, in at most {_LONGEST_EXPLANATION} characters."
        raise Invalid("bad_explanation", most)
    return clean
