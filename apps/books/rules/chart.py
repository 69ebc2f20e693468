"""The chart of accounts. Levies get accounts of their own, named after them."""

import hashlib
import re
from dataclasses import dataclass

from apps.books.states import AccountKind

_LONGEST_CODE, _LONGEST_NAME = 20, 100
_K = AccountKind


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account as postings name it; the table has a row for it once something is booked."""

    code: str
    name: str
    kind: AccountKind


CASH = AccountSpec("1000", "Cash drawer", _K.ASSET)
TERMINAL = AccountSpec("1010", "Card terminal", _K.ASSET)
STRIPE = AccountSpec("1020", "Stripe balance", _K.ASSET)
DISPUTED = AccountSpec("1030", "Disputed funds", _K.ASSET)
GIFT_CARDS_TO_MATCH = AccountSpec("1080", "Gift cards issued, payment to be matched", _K.ASSET)
PREPAYMENTS = AccountSpec("2000", "Customer prepayments", _K.LIABILITY)
GIFT_CARDS = AccountSpec("2010", "Gift cards outstanding", _K.LIABILITY)
STORE_CREDIT = AccountSpec("2020", "Store credit outstanding", _K.LIABILITY)
POINTS = AccountSpec("2030", "Points outstanding", _K.LIABILITY)
UNASSIGNED = AccountSpec("2050", "Payments that no order took", _K.LIABILITY)
SALES = AccountSpec("4000", "Sales of goods", _K.INCOME)
DELIVERY = AccountSpec("4010", "Delivery", _K.INCOME)
POINTS_LAPSED = AccountSpec("4040", "Points that expired", _K.INCOME)
MONEY_KEPT = AccountSpec("4050", "Money kept of orders that ended", _K.INCOME)
STRIPE_FEES = AccountSpec("6000", "Stripe fees", _K.EXPENSE)
DISPUTE_FEES = AccountSpec("6010", "Dispute fees", _K.EXPENSE)
DISPUTE_LOSSES = AccountSpec("6020", "Payments lost to disputes", _K.EXPENSE)
POINTS_GIVEN = AccountSpec("6030", "Points given, less points used", _K.EXPENSE)
CREDIT_GRANTED = AccountSpec("6040", "Store credit granted", _K.EXPENSE)

CHART: tuple[AccountSpec, ...] = (
    CASH,
    TERMINAL,
    STRIPE,
    DISPUTED,
    GIFT_CARDS_TO_MATCH,
    PREPAYMENTS,
    GIFT_CARDS,
    STORE_CREDIT,
    POINTS,
    UNASSIGNED,
    SALES,
    DELIVERY,
    POINTS_LAPSED,
    MONEY_KEPT,
    STRIPE_FEES,
    DISPUTE_FEES,
    DISPUTE_LOSSES,
    POINTS_GIVEN,
    CREDIT_GRANTED,
)
TAX_PREFIX = "2100."


def tax_account(levy: str) -> AccountSpec:
    """Return the account of what is owed to an authority for ``levy``, such as "GST".

    Its code is the levy's name; a name that does not fit in whole ends in a digest of itself.
    """
    room = _LONGEST_CODE - len(TAX_PREFIX)
    name = re.sub(r"[^A-Z0-9]+", "-", levy.upper()).strip("-")
    if name != levy.upper() or len(name) > room:
        digest = hashlib.sha256(levy.encode()).hexdigest()[:6]
        name = f"{name[: room - 7]}-{digest}".lstrip("-")
    label = f"{levy or 'Tax'} payable"
    return AccountSpec(f"{TAX_PREFIX}{name}", label[:_LONGEST_NAME], _K.LIABILITY)
