"""What others may read of the books."""

from apps.books.selectors.balances import (
    account_balance,
    liability_totals,
    order_balances,
    prepayments_of,
)

__all__ = [
    "account_balance",
    "liability_totals",
    "order_balances",
    "prepayments_of",
]
