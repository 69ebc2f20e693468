"""Orders paid, refunded and disputed at the local Stripe, with everything that follows from it."""

from datetime import timedelta
from decimal import Decimal

from apps.books import services
from apps.books.models import Difference
from apps.books.states import DifferenceState
from apps.orders.models import Order
from apps.payments import services as payments
from apps.payments.models import Refund, RefundRequest
from apps.payments.states import RefundReason
from bakery.kernel import clock
from tests.payments.factories import deliver, pay_at_stripe, place_now

# One of each payment will do; the others say the same, and asking Stripe takes its time.
_TOLD = ("checkout.session.", "refund.", "charge.dispute.")
ASKER, APPROVER = "user:11", "user:12"


class History:
    """Makes history at the sandbox, tells the platform of it, and lets everything settle."""

    def __init__(self, sandbox, client, drain, superuser) -> None:
        self.sandbox, self.client, self.drain = sandbox, client, drain
        self.superuser = superuser
        self.told = {event["id"] for event in sandbox.stripe.events()}

    def tell(self) -> None:
        """Deliver what Stripe has to tell, and do what follows."""
        for _ in range(4):
            news = [e for e in self.sandbox.stripe.events() if e["id"] not in self.told]
            self.told |= {event["id"] for event in news}
            deliver(self.client, *(event for event in news if event["type"].startswith(_TOLD)))
            self.drain()
            if not news:
                break

    def keep_quiet(self) -> None:
        """Lose what Stripe has to tell."""
        self.told |= {event["id"] for event in self.sandbox.stripe.events()}

    def pay(self, *, card="success", **options) -> Order:
        (order,) = self.pay_each(1, card=card, **options)
        return order

    def pay_each(self, count: int, *, card="success", **options) -> list[Order]:
        """Return orders that are paid, told of together: that is cheaper than one by one."""
        orders = [place_now(**options) for _ in range(count)]
        for order in orders:
            pay_at_stripe(self.sandbox, order, card)
        self.tell()
        return [Order.objects.get(pk=order.pk) for order in orders]

    def ask(self, order: Order, amount: str, reason=RefundReason.GOODS) -> None:
        payments.request_refund_of(
            order_id=order.pk,
            reason=reason,
            amount=Decimal(amount),
            explanation="it had sunk in",
            reference=f"test-{RefundRequest.objects.count()}",
            by=ASKER,
            at=clock.now(),
        )

    def refund(self, order: Order, amount="10.00") -> Refund:
        self.ask(order, amount)
        self.approve(order)
        return Refund.objects.filter(order=order).latest("pk")

    def approve(self, order: Order) -> None:
        waiting = RefundRequest.objects.filter(order=order, status="awaiting_approval")
        for request in waiting:
            payments.approve_refund(public_id=request.public_id, by=APPROVER, at=clock.now())
        self.tell()

    def break_into(self, *statements: str) -> None:
        """Do to the tables what the database does not let the platform do."""
        self.superuser.execute("SET session_replication_role = replica")
        for statement in statements:
            self.superuser.execute(statement)

    def dispute(self, order: Order, verdict: str = "", **given) -> str:
        intent = order.payments.latest("pk").payment_intent
        dispute = self.sandbox.stripe.open_dispute(payment_intent=intent, **given)["id"]
        self.tell()
        if verdict:
            self.sandbox.stripe.decide_dispute(dispute, verdict)
            self.tell()
        return dispute


def compare(*, hours=1, days=1):
    """Compare the last days as if some time had passed, and return the run."""
    at = clock.now() + timedelta(hours=hours)
    last = clock.shop_date(at)
    return services.reconcile(first_day=last - timedelta(days=days), last_day=last, at=at)


def open_kinds() -> dict[str, int]:
    """Return how many differences of each kind are open."""
    kinds = Difference.objects.filter(state=DifferenceState.OPEN).values_list("kind", flat=True)
    return {kind: list(kinds).count(kind) for kind in sorted(set(kinds))}
