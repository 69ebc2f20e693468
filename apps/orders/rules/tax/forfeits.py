"""The tax in money that is kept of an order that ended before it was a sale.

Such money is taken as paid with the tax in it: 5/105 under the GST, 13/113 or 15/115 under the
HST, 9.975/109.975 under the QST (Excise Tax Act, s. 182 and 168(9); Revenu Quebec, "Forfeited
deposit"). What is zero-rated stays so. Rows of dates; get an accountant's word.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from apps.orders.rules.tax.compute import LevyShare
from bakery.kernel.money import round_money

# The levies that are owed on kept money, by their first day. The others (the sales taxes of
# provinces and states) tax goods that change hands, and none did.
_OWED_SINCE: Mapping[str, date] = MappingProxyType(
    {
        "GST": date(1991, 1, 1),
        "HST": date(1997, 4, 1),
        "QST": date(1992, 7, 1),
        # HMRC, Revenue and Customs Brief 13 (2018).
        "VAT": date(2019, 3, 1),
    }
)


def tax_kept(
    amount: Decimal, *, net: Decimal, shares: Iterable[LevyShare], on: date, currency: str
) -> list[LevyShare]:
    """Return the levies in ``amount`` that is kept on a day of an order of ``net`` without tax.

    ``shares`` are the order's levies: of each it holds what the order would have, in proportion,
    so that goods without tax stay without it.
    """
    kept = []
    for share in shares:
        since = _OWED_SINCE.get(share.name)
        if since is None or on < since or share.amount <= 0:
            continue
        tax = round_money(amount * share.amount / (net + share.amount), currency)
        if tax:
            kept.append(LevyShare(share.name, share.rate, tax))
    return kept
