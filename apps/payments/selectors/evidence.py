"""Everything the shop knows about a disputed order, as plain data that can be frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from apps.orders import selectors as orders
from apps.orders.models import HandOver, Order, OrderEdit, OrderPicture, WrongPickupCode
from apps.payments.models import CheckoutAttempt, Dispute, FraudWarning, Payment, Refund
from apps.payments.models import RefundRequest as Request
from apps.receipts.models import Document
from bakery.kernel.models import AuditEntry

# Whoever has the address of a payment page can pay; secrets of an order open it to anybody.
_LEFT_OUT = frozenset({"url", "claim", "decline"})


@dataclass(frozen=True)
class EvidenceFacts:
    """``files`` are JSON documents by name; ``pictures`` and ``documents`` have files of their own.

    ``summary`` is what the page that sums it up shows.
    """

    order: Order
    files: Mapping[str, Any]
    pictures: list[OrderPicture]
    documents: list[Document]
    summary: Mapping[str, Any]


def evidence_facts(dispute: Dispute, *, at: datetime) -> EvidenceFacts:
    """Read what is known about the order of a dispute at this moment; a bounded number of queries.

    The client's network address and browser are not recorded when an order is placed, so they
    are not here; Stripe has them of its own payment page.
    """
    order = Order.objects.get(pk=dispute.order_id)
    view = orders.order_view(order, at=at)
    summary: dict[str, Any] = {
        "order": order,
        "view": view,
        "sums": view.sums.rows(),
        "entries": orders.timeline(order),
        "hand_over": HandOver.objects.filter(order_id=order.pk).first(),
        "payments": list(Payment.objects.filter(order_id=order.pk).order_by("pk")),
        "refunds": list(Refund.objects.filter(order_id=order.pk).order_by("pk")),
        "documents": list(
            Document.objects.filter(order_id=order.pk).select_related("seal").order_by("position")
        ),
        "pictures": orders.pictures_of(order.pk),
        "customer": _customer(order),
        "terms": terms_in_force(),
    }
    files = _files(dispute, order, summary)
    return EvidenceFacts(order, files, summary["pictures"], summary["documents"], summary)


def _files(dispute: Dispute, order: Order, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON documents of an archive by name."""
    return {
        "dispute": _row(dispute),
        "order": {**_row(order), "lines": _rows(order.lines.all())},
        "price": [asdict(row) for row in summary["sums"]],
        "changes": _rows(OrderEdit.objects.filter(order_id=order.pk).order_by("revision")),
        "timeline": [asdict(entry) for entry in summary["entries"]],
        "payments": {
            "attempts": _rows(CheckoutAttempt.objects.filter(order_id=order.pk).order_by("pk")),
            "payments": _rows(summary["payments"]),
            "taken": _rows(order.tenders.order_by("pk")),
            "fraud_warnings": _rows(
                FraudWarning.objects.filter(payment__order_id=order.pk).order_by("pk")
            ),
        },
        "refunds": {
            "requests": _rows(Request.objects.filter(order_id=order.pk).order_by("pk")),
            "refunds": _rows(summary["refunds"]),
            "credits": _rows(order.credits.order_by("pk")),
        },
        "hand_over": _hand_over(order, summary["hand_over"]),
        "pictures": _rows(summary["pictures"]),
        "receipts": _rows(summary["documents"]),
        "customer": summary["customer"],
        "audit": _audit(order),
        "terms": summary["terms"],
    }


def terms_in_force() -> list[str]:
    """Return the terms that this shop's settings make of every order."""
    agreed = (
        "Prices, tax, and the day and time of pickup or delivery are shown and agreed to before"
        " an order is placed."
    )
    cancelling = (
        f"Customers may cancel a paid order until {settings.ORDER_CANCEL_NOTICE_HOURS} hours"
        " before the kitchen begins; then all that was paid goes back."
    )
    return [
        agreed,
        cancelling,
        "Orders are handed out to who shows the pickup code, signs, or is known to staff.",
    ]


def _row(row: models.Model) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT
    }


def _rows(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _hand_over(order: Order, row: HandOver | None) -> dict[str, Any]:
    wrong = WrongPickupCode.objects.filter(order_id=order.pk).order_by("pk")
    return {
        "pickup_code": order.pickup_code,
        "handed_to": order.handed_to,
        "how": _row(row) if row else None,
        "in_words": row.get_how_display() if row else "",
        "wrong_codes": _rows(wrong),
    }


def _customer(order: Order) -> dict[str, Any]:
    """Return who ordered, and how well the shop knew them by then."""
    same = Order.objects.filter(customer_email__iexact=order.customer_email, paid_at__isnull=False)
    earlier = same.filter(placed_at__lt=order.placed_at).exclude(pk=order.pk)
    user = order.user
    return {
        "name": order.customer_name,
        "email": order.customer_email,
        "phone": order.customer_phone,
        "earlier_paid_orders": earlier.count() if order.customer_email else 0,
        "account_since": user.created_at if user else None,
        "mailbox_confirmed": user.email_verified_at if user else None,
    }


def _audit(order: Order) -> list[dict[str, Any]]:
    rows = AuditEntry.objects.filter(object_type="orders.order", object_id=str(order.pk))
    return _rows(rows.order_by("seq"))
