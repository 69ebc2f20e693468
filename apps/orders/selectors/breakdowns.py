"""Breakdowns in words, the same on pages, in mails and in the console."""

from apps.orders.rules import french
from apps.orders.rules.breakdown import Sums
from bakery.kernel import wording


def sum_texts(sums: Sums, currency: str, language: str = wording.DEFAULT) -> list[dict[str, str]]:
    """Return each row's kind (see `SumRow`), label and amount as people write it."""
    is_french = language == wording.FRENCH
    return [
        {
            "kind": row.kind,
            "label": french.sum_label(row.kind, row.label) if is_french else row.label,
            "amount": ("aucune" if is_french else "none")
            if row.kind == "tax" and not row.amount
            else wording.amount_text(row.amount, currency, language),
        }
        for row in sums.rows()
    ]
