"""Breakdowns in words, the same on pages, in mails and in the console."""

from apps.orders.rules.breakdown import Sums
from bakery.kernel import money


def sum_texts(sums: Sums, currency: str) -> list[dict[str, str]]:
    """Return each row's kind (see `SumRow`), label and amount as people write it."""
    return [
        {
            "kind": row.kind,
            "label": row.label,
            "amount": "none"
            if row.kind == "tax" and not row.amount
            else money.display(row.amount, currency),
        }
        for row in sums.rows()
    ]
