"""Rules of deposits as placing reads them, and orders whose rest is to be asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from apps.orders.models import DepositRule, Order
from apps.orders.rules.deposits import Deposit, DepositTerms, ask_deposit, find_terms
from apps.orders.rules.tax import LevyShare, sum_shares, tax_kept
from apps.orders.selectors.sales import Good, SaleQuote
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from bakery.kernel.remembering import remember

# Every placing asks for them. After a change they are forgotten at once.
_NOTHING = Decimal("0.00")
_KEY, _SECONDS = "orders:deposit-rules:1", 10
_FIELDS = (
    *("name", "starts_on", "ends_on", "percent", "amount", "minimum_total", "minimum_lead_days"),
    *("category_ids", "product_ids", "balance_days", "kept_percent"),
)


def deposit_rules(*, at: datetime) -> list[DepositTerms]:
    """Return the rules that may hold now; no query while the answer of the last seconds is known.

    Those that are over stay in the answer: who asks may mean an earlier moment.
    """

    def read() -> list[dict[str, Any]]:
        rules = DepositRule.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=clock.shop_date(at).replace(day=1))
        )
        return list(rules.order_by("pk").values(*_FIELDS))

    return [
        DepositTerms(
            **{
                **row,
                "category_ids": tuple(row["category_ids"]),
                "product_ids": tuple(row["product_ids"]),
            }
        )
        for row in remember(_KEY, seconds=_SECONDS, make=read)
    ]


def forget_deposit_rules() -> None:
    """Let the next reader see what was changed; call it in the change and after its commit."""
    cache.delete(_KEY)


def deposit_for(
    quote: SaleQuote, goods: Iterable[Good], *, pickup_at: datetime, at: datetime
) -> Deposit | None:
    """Return the deposit of a sale that is placed now for a pickup; None: all is paid at once."""
    return ask_deposit(
        deposit_rules(at=at),
        total=quote.totals.total,
        due=quote.totals.due,
        goods=_named(goods),
        pickup_at=pickup_at,
        at=at,
        zone=clock.shop_zone(),
        currency=settings.SHOP_CURRENCY,
    )


@dataclass(frozen=True)
class DepositOffer:
    """What would make an order certain, if its pickup is ``lead_days`` ahead or more.

    The ``rest`` is due ``balance_days`` before the pickup.
    """

    amount: Decimal
    rest: Decimal
    lead_days: int
    balance_days: int


def deposit_offered(
    quote: SaleQuote, goods: Iterable[Good], *, at: datetime
) -> DepositOffer | None:
    """Return what a deposit would be for a cart whose pickup is not chosen yet; None: no deposit.

    Of several rules the one that asks for most speaks, as it may be the one that holds.
    """
    terms = find_terms(
        deposit_rules(at=at),
        total=quote.totals.total,
        due=quote.totals.due,
        goods=_named(goods),
        day=clock.shop_date(at),
        currency=settings.SHOP_CURRENCY,
    )
    if terms is None:
        return None
    amount = terms.share_of(quote.totals.due, settings.SHOP_CURRENCY)
    return DepositOffer(amount, quote.totals.due - amount, terms.lead_days, terms.balance_days)


def _named(goods: Iterable[Good]) -> frozenset[tuple[int, int | None]]:
    return frozenset((good.product_id, good.category_id) for good in goods)


def with_rest_due_before(moment: datetime, *, limit: int) -> list[Order]:
    """Return orders of which a deposit is paid and the rest is due before ``moment``, in order."""
    rows = Order.objects.filter(status=OrderStatus.DEPOSIT_PAID, balance_due_at__lte=moment)
    return list(rows.order_by("balance_due_at", "pk")[:limit])


def deposit_to_keep(order: Order, *, at: datetime) -> Decimal:
    """Return what of the deposit the shop may keep when the order is called off at ``at``.

    Nothing before the rest was due, and nothing of an order that was paid in full. Whoever decides
    about the money that goes back may give more.
    """
    due_at = order.balance_due_at
    if order.deposit_paid_at is None or order.paid_at is not None or due_at is None or at < due_at:
        return _NOTHING
    return min(order.deposit_kept, order.paid_total)


def deposit_kept_at_end(order_id: int) -> Decimal:
    """Return what the shop may keep of the deposit of an order that was called off; else nothing.

    As `deposit_to_keep` says of the moment at which it ended.
    """
    order = Order.objects.get(pk=order_id)
    if order.status != OrderStatus.CANCELLED:
        return _NOTHING
    end = order.transitions.filter(new=OrderStatus.CANCELLED).order_by("pk").last()
    return deposit_to_keep(order, at=end.at) if end else _NOTHING


def tax_in_kept(order_id: int, amount: Decimal, *, at: datetime) -> list[dict[str, str]]:
    """Return the levies in ``amount`` that is kept at ``at`` of an order, as they are stored.

    Nothing of an order that was paid in full: its sale stands, with its own taxes. 2 queries.
    """
    order = Order.objects.get(pk=order_id)
    if order.paid_at is not None:
        return []
    rows = [row for line in order.lines.order_by("position") for row in line.taxes]
    shares = sum_shares(
        LevyShare(row["name"], Decimal(row["rate"]), Decimal(row["amount"]))
        for row in (*rows, *order.delivery_taxes)
    )
    kept = tax_kept(
        amount,
        net=order.subtotal,
        shares=shares,
        on=clock.shop_date(at),
        currency=order.currency,
    )
    return [share.as_json() for share in kept]
