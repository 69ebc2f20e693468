"""What the books do: post what happened, prove that everything agrees."""

from apps.books.services.exporting import export_books
from apps.books.services.posting import post_all, post_missing, post_order
from apps.books.services.reconciling import (
    LOOK_BACK,
    recheck_difference,
    reconcile,
    reconcile_if_due,
    watch_reconciliation,
)
from apps.books.services.tracking import explain_difference, own_difference

__all__ = [
    "LOOK_BACK",
    "explain_difference",
    "export_books",
    "own_difference",
    "post_all",
    "post_missing",
    "post_order",
    "recheck_difference",
    "reconcile",
    "reconcile_if_due",
    "watch_reconciliation",
]
