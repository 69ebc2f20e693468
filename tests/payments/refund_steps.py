"""Paid orders, refunds of them, and what both come to in the end."""

from decimal import Decimal

from apps.orders.models import Order, SaleCredit
from apps.payments import services
from apps.payments.adapters.stripe_client import make_client
from apps.payments.models import CheckoutAttempt, PaymentBalance, Refund, RefundRequest
from apps.payments.services import RefundLine
from bakery.kernel import clock
from tests.payments.factories import pay_at_stripe, place_now

ASKER, BOSS = "user:1", "user:2"


def settle_payment(order: Order) -> Order:
    """Let the shop ask Stripe about the newest attempt."""
    attempt = CheckoutAttempt.objects.filter(order=order).latest("number")
    services.check_attempt(attempt_id=attempt.pk, at=clock.now())
    order.refresh_from_db()
    return order


def paid_order(sandbox, *, card="success", **options) -> Order:
    """Return an order that was paid at the local Stripe."""
    order = place_now(**options)
    pay_at_stripe(sandbox, order, card)
    settle_payment(order)
    assert order.paid_at is not None
    return order


def ask(order: Order, amount=None, *, lines=(), **given) -> list[RefundRequest]:
    """Ask for an amount or for lines, as (position, quantity)."""
    options = {"reason": "goodwill", "explanation": "It was dry.", "by": ASKER, **given}
    options.setdefault("reference", f"form-{RefundRequest.objects.count()}")
    return services.request_refund_of(
        order_id=order.pk,
        amount=None if amount is None else Decimal(amount),
        lines=[RefundLine(*line) for line in lines],
        at=clock.now(),
        **options,
    )


def approve(request: RefundRequest, *, by=BOSS, **given) -> RefundRequest:
    return services.approve_refund(public_id=request.public_id, by=by, at=clock.now(), **given)


def send(request: RefundRequest) -> RefundRequest:
    """Do what the handler of an approval does."""
    services.send_refund(request_id=request.pk, at=clock.now())
    request.refresh_from_db()
    return request


def refund(order: Order, amount=None, **given) -> list[RefundRequest]:
    """Ask, approve and give back."""
    return [send(approve(request)) for request in ask(order, amount, **given)]


def refunds_at_stripe(order: Order) -> list[tuple[int, str]]:
    """Return amount (minor) and status of every refund that Stripe made for an order."""
    found = []
    for payment in order.payments.order_by("pk"):
        page = make_client().v1.refunds.list(params={"payment_intent": payment.payment_intent})
        found += [(refund.amount, refund.status) for refund in page.data]
    return found


def sums(order: Order) -> dict[str, str]:
    """Return what an order's money comes to."""
    order = Order.objects.get(pk=order.pk)
    return {
        "credited": str(order.credited_total),
        "refunded": str(order.refunded_total),
        "balance": str(order.balance),
    }


def money_state(order: Order) -> dict:
    """Return all rows about money that went back; the same however it came about."""
    rows = Refund.objects.filter(order=order).order_by("pk")
    requests = RefundRequest.objects.filter(order=order).order_by("pk")
    lowered = SaleCredit.objects.filter(order=order).order_by("pk")
    balances = PaymentBalance.objects.filter(payment__order=order)
    return {
        "requests": [(str(row.amount), row.way, row.status) for row in requests],
        "refunds": [(str(row.amount), row.way, hasattr(row, "reversal")) for row in rows],
        "credits": [str(row.amount) for row in lowered],
        "refunding": [str(row.refunding) for row in balances],
        **sums(order),
    }
