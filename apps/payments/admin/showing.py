"""What the console's pages about money have in common: amounts, moments, links and facts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.orders import selectors as orders
from apps.orders.models import Order, OrderLine, SaleCredit
from apps.payments import selectors
from apps.payments.models import Dispute, Payment, Refund, RefundRequest
from apps.payments.states import RefundStatus
from bakery.kernel import clock, money

_ZERO = Decimal(0)


def text(amount: Decimal | None, currency: str) -> str:
    """Return an amount as people write it, "-" for one that nobody knows."""
    return "-" if amount is None else money.display(amount, currency)


def when(moment: datetime | None) -> str:
    """Return a moment in the shop's time, "" for none."""
    if moment is None:
        return ""
    local = moment.astimezone(clock.shop_zone())
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def age_text(span: timedelta) -> str:
    """Return for how long something waits, in one unit."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def order_link(order: Order) -> SafeString:
    """Return the order's number, as a link to its page."""
    address = reverse("admin:orders_order_change", args=[order.pk])
    return format_html('<a href="{}">{}</a>', address, order.number)


def with_money_back(rows: QuerySet[Payment]) -> QuerySet[Any]:
    """Add to payments what of each went back, and whether it is or was disputed."""
    gone = Refund.objects.filter(payment=OuterRef("pk"), reversal=None).order_by()
    total = gone.values("payment").annotate(sum=Sum("amount")).values("sum")
    disputes = Dispute.objects.filter(payment=OuterRef("pk"))
    return rows.annotate(refunded=Coalesce(total, _ZERO), disputed=Exists(disputes))


def facts_of(row: RefundRequest) -> dict[str, Any]:
    """Return what the page of a request shows of it, its order and that order's money."""
    order, currency = row.order, row.currency
    moves = selectors.moves_of(row)
    others = [other for other in selectors.refunds_of(order.pk) if other.pk != row.pk]
    people = [row.requested_by, row.decided_by, *(move.actor for move in moves)]
    names = orders.names_of(people)
    return {
        "order": order,
        "amount": text(row.amount, currency),
        "tax": _tax(row),
        "deposit": deposit_facts(row),
        "kept": kept_facts(row),
        "asked_by": names.get(row.requested_by, row.requested_by),
        "asked_at": when(row.requested_at),
        "decided_by": names.get(row.decided_by, row.decided_by),
        "decided_at": when(row.decided_at),
        "lines": _lines(row),
        "moves": [
            (when(move.at), RefundStatus(move.new).label, names.get(move.actor, move.actor), move)
            for move in moves
        ],
        "given": _given([row.pk]),
        "others": [(when(other.requested_at), text(other.amount, currency), other)
                   for other in others],
        "payments": payments_shown(order),
        "money": money_of(order),
    }  # fmt: skip


def deposit_facts(row: RefundRequest) -> dict[str, Any] | None:
    """Return what of a request may be kept as the deposit, and its tax; None when nothing may.

    ``is_all``: then nothing goes back, and the request is rejected.
    """
    waits = row.status == RefundStatus.AWAITING_APPROVAL
    if not row.may_keep or not waits:
        return None
    levies = orders.tax_in_kept(row.order_id, row.may_keep, at=clock.now())
    return {
        "amount": text(row.may_keep, row.currency),
        "back": text(row.amount - row.may_keep, row.currency),
        "is_all": row.may_keep >= row.amount,
        "taxes": _levies(levies, row.currency),
    }


def kept_facts(row: RefundRequest) -> dict[str, Any] | None:
    """Return what was kept by a decision about a request, and the tax in it."""
    rejected = row.status == RefundStatus.REJECTED
    amount = row.lowered_by + (row.amount if rejected else _ZERO)
    if not amount:
        return None
    levies = [*row.lowered_taxes, *(row.kept_taxes if rejected else [])]
    return {"amount": text(amount, row.currency), "taxes": _levies(levies, row.currency)}


def _levies(levies: Iterable[Mapping[str, str]], currency: str) -> list[str]:
    return [f"{levy['name']} {text(Decimal(levy['amount']), currency)}" for levy in levies]


def money_of(order: Order) -> list[tuple[str, str]]:
    """Return what an order cost, what was paid for it, and what of that is not the shop's."""
    sums = [
        ("Total", order.total),
        ("Credited since", order.credited_total),
        ("Paid", order.paid_total),
        ("By gift card", order.gift_card_total),
        ("Went or goes back", order.refunded_total),
    ]
    return [(name, text(sum_, order.currency)) for name, sum_ in sums if sum_ or name == "Total"]


def payments_shown(order: Order) -> list[dict[str, Any]]:
    """Return the payments of an order for a table."""
    rows = with_money_back(Payment.objects.filter(order_id=order.pk)).order_by("recorded_at")
    return [
        {
            "row": row,
            "at": when(row.recorded_at),
            "amount": text(row.amount, row.currency),
            "refunded": text(row.refunded, row.currency),
        }
        for row in rows
    ]


def _tax(row: RefundRequest) -> str:
    """Return the tax in it: as it was credited, else that of its lines."""
    credit = SaleCredit.objects.filter(reference=f"refund:{row.public_id}").first()
    tax = credit.tax if credit else selectors.tax_of_lines(row)
    return "worked out when it goes back" if tax is None else text(tax, row.currency)


def _lines(row: RefundRequest) -> list[tuple[str, int, str, str]]:
    positions = [line["position"] for line in row.lines]
    found = OrderLine.objects.filter(order_id=row.order_id, position__in=positions or [-1])
    names = {line.position: line.description for line in found}
    return [
        (
            names.get(line["position"], f"line {line['position']}"),
            line["quantity"],
            text(Decimal(line["amount"]), row.currency),
            text(Decimal(line["tax"]), row.currency),
        )
        for line in row.lines
    ]


def _given(ids: Iterable[int]) -> list[dict[str, Any]]:
    rows = Refund.objects.filter(request_id__in=ids).select_related("reversal")
    return [
        {
            "row": row,
            "at": when(row.recorded_at),
            "amount": text(row.amount, row.currency),
            "reversal": getattr(row, "reversal", None),
        }
        for row in rows.order_by("pk")
    ]
