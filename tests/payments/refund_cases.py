"""Paid orders, and people who ask for their money back and decide about it."""

from decimal import Decimal

from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import RefundRequest
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock
from tests.accounts import people
from tests.payments.refund_steps import paid_order as pay_for


def paid_order(sandbox, **options) -> Order:
    """Return an order that was paid at the local Stripe; three tarts of 12.00 by default.

    What follows from the payment (mails, journals, its receipt) is still to be done.
    """
    return pay_for(sandbox, **{"quantity": 3, "price": "12.00", **options})


def ask(order: Order, *, quantity=1, by="customer", reference="r-1", **options) -> RefundRequest:
    """Return the one request for pieces of the order's first line."""
    given = {"reason": "goods", "explanation": "The cream had turned.", **options}
    if "amount" not in given:
        given["lines"] = [services.RefundLine(order.lines.get().position, quantity)]
    rows = services.request_refund_of(
        order_id=order.pk, by=by, reference=reference, at=clock.now(), **given
    )
    assert len(rows) == 1
    return rows[0]


def staff(role: str, email: str | None = None):
    """Return a member of staff and their browser, with a code of this minute."""
    user = people.staff(role, email=email)
    return user, people.browser(user, verified=True)


def without_fresh_code(browser):
    """Let the browser's latest code be an hour old."""
    session = browser.session
    session[SECOND_FACTOR_AT] = clock.now().timestamp() - 3600
    session.save()
    return browser


def amount(text: str) -> Decimal:
    return Decimal(text)
