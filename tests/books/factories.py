"""Money rows as other rooms write them, for tests of the books."""

from decimal import Decimal
from itertools import count

from apps.orders.models import Order
from apps.payments.models import (
    CheckoutAttempt,
    Dispute,
    DisputeMove,
    Payment,
    Refund,
    RefundRequest,
)
from apps.receipts.models import Document
from bakery.kernel import clock
from tests.orders.factories import AT

_numbers = count(1)


def content_of(net: Decimal, tax: Decimal, delivery: Decimal, discount: Decimal) -> dict:
    """What a document of one line and, maybe, its delivery says; the tax is all on the line."""
    line = {"kind": "line", "net": str(net - delivery), "tax": str(tax), "discount": str(discount)}
    rows = [{**line, "code": "T" if tax else "Z"}]
    if delivery:
        sent = {"kind": "delivery", "net": str(delivery), "tax": "0.00", "discount": "0.00"}
        rows.append({**sent, "code": "Z"})
    codes = [{"code": "Z", "levies": []}]
    codes.append({"code": "T", "levies": [{"name": "GST", "rate": "0.05"}]})
    return {"rows": rows, "codes": codes, "prices_include_tax": False}


def issue(
    order: Order,
    total,
    tax="0.00",
    *,
    credit=False,
    delivery="0",
    discount="0",
    at=AT,
    **given,
) -> Document:
    """A receipt of a sale with GST alone, or a credit note."""
    number = next(_numbers)
    total, tax = Decimal(total), Decimal(tax)
    taxes = [{"name": "GST", "rate": "0.05", "amount": str(tax)}] if tax else []
    columns = {
        "kind": "credit_note" if credit else "receipt",
        "number": f"{'C' if credit else 'R'}-2026-{number:06}",
        "order": order,
        "position": order.documents.count() + 1,
        "issued_at": at,
        "issued_on": clock.shop_date(at),
        "currency": "CAD",
        "subtotal": total - tax,
        "tax_total": tax,
        "total": total,
        "taxes": taxes,
        "content": content_of(total - tax, tax, Decimal(delivery), Decimal(discount)),
    }
    return Document.objects.create(**{**columns, **given})


def capture(order: Order, amount, *, fee="1.69", outcome="confirmed", at=AT) -> Payment:
    """A payment that Stripe captured, not told to the order."""
    number = next(_numbers)
    amount = Decimal(amount)
    attempt = CheckoutAttempt.objects.create(
        order=order,
        number=number,
        idempotency_key=f"key-{number}",
        amount=amount,
        currency="CAD",
        expires_at=at,
        planned_at=at,
    )
    return Payment.objects.create(
        order=order,
        attempt=attempt,
        payment_intent=f"pi_{number}",
        amount=amount,
        currency="CAD",
        fee=fee and Decimal(fee),
        outcome=outcome,
        recorded_at=at,
    )


def give_back(order: Order, amount, *, payment=None, way="stripe", till="", at=AT) -> Refund:
    return Refund.objects.create(
        order=order,
        payment=payment,
        way=way,
        till=till,
        amount=Decimal(amount),
        currency="CAD",
        given_by="user:1",
        recorded_at=at,
    )


def reject(order: Order, amount, *, reason="order_expired", payment=None, at=AT) -> RefundRequest:
    return RefundRequest.objects.create(
        order=order,
        payment=payment,
        amount=Decimal(amount),
        currency="CAD",
        reason=reason,
        status="rejected",
        reference=str(next(_numbers)),
        requested_by="system",
        requested_at=at,
        decided_by="user:1",
        decided_at=at,
    )


def dispute(payment: Payment, *, status="needs_response", at=AT) -> Dispute:
    return Dispute.objects.create(
        stripe_id=f"du_{next(_numbers)}",
        payment=payment,
        order=payment.order,
        amount=payment.amount,
        currency="CAD",
        reason="fraudulent",
        status=status,
        opened_at=at,
        closed_at=at if status in ("won", "lost") else None,
    )


def move(of: Dispute, amount, *, fee="0", at=AT) -> DisputeMove:
    amount = Decimal(amount)
    return DisputeMove.objects.create(
        dispute=of,
        kind="withdrawn" if amount < 0 else "reinstated",
        balance_transaction=f"txn_{next(_numbers)}",
        amount=amount,
        fee=Decimal(fee),
        currency="CAD",
        recorded_at=at,
    )
