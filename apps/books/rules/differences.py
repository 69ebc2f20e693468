"""The kinds of differences: what each means, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db.models import TextChoices


class DifferenceKind(TextChoices):
    """How Stripe, the orders and the books can disagree."""

    MISSING_AT_STRIPE = "missing_at_stripe", "Stripe does not have it"
    UNKNOWN_TO_US = "unknown_to_us", "only Stripe has it"
    AMOUNT_DIFFERS = "amount_differs", "another amount at Stripe"
    FEE_DIFFERS = "fee_differs", "another fee at Stripe"
    CURRENCY_DIFFERS = "currency_differs", "another currency at Stripe"
    ORDER_NOT_PAID = "order_not_paid", "money that its order did not take"
    PAID_WITHOUT_MONEY = "paid_without_money", "paid without money"
    SUMS_DIFFER = "sums_differ", "an order's sum is not that of its parts"
    PAYMENT_UNRESOLVED = "payment_unresolved", "a payment that nobody deals with"
    REFUND_UNASKED = "refund_unasked", "a refund that nobody asked for"
    REFUND_NOT_ASKED = "refund_not_asked", "money to give back that nobody asked for"
    REFUND_STUCK = "refund_stuck", "a refund that is stuck"
    DISPUTE_UNBOOKED = "dispute_unbooked", "a dispute without its money"
    UNPOSTED = "unposted", "not in the books"
    MISPOSTED = "misposted", "wrong in the books"
    SOURCELESS = "sourceless", "in the books without a reason"
    DOCUMENT_MISSING = "document_missing", "documents do not say what was sold"
    PREPAYMENT_LEFT = "prepayment_left", "money left on a closed order"
    BALANCE_DIFFERS = "balance_differs", "an account is not what its parts are"


_K = DifferenceKind
# Found by reading a time, and gone only when that time was read again; the others are looked for
# everywhere each time.
OF_A_TIME = frozenset(
    {
        _K.MISSING_AT_STRIPE,
        _K.UNKNOWN_TO_US,
        _K.AMOUNT_DIFFERS,
        _K.FEE_DIFFERS,
        _K.CURRENCY_DIFFERS,
        _K.MISPOSTED,
        _K.SOURCELESS,
    }
)
OF_STRIPE = frozenset(
    {
        _K.MISSING_AT_STRIPE,
        _K.UNKNOWN_TO_US,
        _K.AMOUNT_DIFFERS,
        _K.FEE_DIFFERS,
        _K.CURRENCY_DIFFERS,
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind means, and the next step, in plain words."""

    meaning: str
    next_step: str


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        _K.MISSING_AT_STRIPE: Words(
            "We recorded money that moved at Stripe, but Stripe's books have no such movement.",
            "Look the payment up in Stripe's dashboard, in the account that the key belongs to. If"
            " it is not there, the record is wrong: explain it and correct the order by hand.",
        ),
        _K.UNKNOWN_TO_US: Words(
            "Money moved at Stripe, and we have no record of it.",
            "If it is this shop's, check it again here: that asks Stripe and records it. If it is"
            " another product on the same account, explain it.",
        ),
        _K.AMOUNT_DIFFERS: Words(
            "Stripe moved another amount than we recorded.",
            "Compare both in Stripe's dashboard; refund or collect the rest, then explain it.",
        ),
        _K.FEE_DIFFERS: Words(
            "Stripe took another fee than we recorded, or one that we do not know.",
            "Hand it to the accountant with the figure of Stripe; the customer is not concerned.",
        ),
        _K.CURRENCY_DIFFERS: Words(
            "The customer paid in another currency than we recorded.",
            "Refund the payment and ask for a new one; then explain it.",
        ),
        _K.ORDER_NOT_PAID: Words(
            "A payment counts for an order, but the order has not taken its money.",
            "Open the order: apply the payment's event again in Stripe events, or refund it.",
        ),
        _K.PAID_WITHOUT_MONEY: Words(
            "An order counts as paid, or holds a tender, for which no payment is recorded.",
            "Do not hand the goods out before the payment is found at Stripe or in the drawer.",
        ),
        _K.SUMS_DIFFER: Words(
            "What an order says was paid, or was credited, is not the sum of the single rows.",
            "Nobody can do that by the shop's own pages: report it with the facts below.",
        ),
        _K.PAYMENT_UNRESOLVED: Words(
            "A payment came that its order could not take, and no refund was asked for.",
            "Open the payment and ask for its refund.",
        ),
        _K.REFUND_UNASKED: Words(
            "Somebody refunded in Stripe's dashboard, without a request and without approval.",
            "Ask who did it and why; lower the sale by a refund request if goods were involved,"
            " then explain it.",
        ),
        _K.REFUND_NOT_ASKED: Words(
            "An order says that money goes back, and no request is there for it.",
            "Open the order and ask for the refund of the amount below.",
        ),
        _K.REFUND_STUCK: Words(
            "A refund was approved over a day ago and has not arrived.",
            "Open the request: try again, or give the money back another way.",
        ),
        _K.DISPUTE_UNBOOKED: Words(
            "A dispute is open, lost or won, but the money that it moved is not recorded.",
            "Check it again here, which asks Stripe; if it stays, apply its event again.",
        ),
        _K.UNPOSTED: Words(
            "Something happened that is not in the books.",
            "The sweep books it within minutes; if it stays, report it with its name below.",
        ),
        _K.MISPOSTED: Words(
            "A journal does not say what its source says.",
            "Rows of the books never change: let the accountant enter a correction, and explain.",
        ),
        _K.SOURCELESS: Words(
            "A journal stands in the books for which no source exists.",
            "Find out who wrote it; let the accountant enter a correction, and explain.",
        ),
        _K.DOCUMENT_MISSING: Words(
            "The receipts of an order less its credit notes are not what its sale comes to.",
            "Check it again after the documents were settled; if it stays, report it.",
        ),
        _K.PREPAYMENT_LEFT: Words(
            "An order is over, and the books still hold money of it, or miss some.",
            "See its journals: a receipt or a refund is missing, or there is one too many.",
        ),
        _K.BALANCE_DIFFERS: Words(
            "An account of the books, or a balance of points and cards, is not the sum of what"
            " should be in it.",
            "Look for unposted and wrong journals first; what remains goes to the accountant.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference as it was found: ``facts`` are what each side says, ``about_at`` when it was."""

    kind: DifferenceKind
    key: str
    order_id: int | None = None
    amount: Decimal | None = None
    currency: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    about_at: datetime | None = None
