"""Accounts, journals with their entries, and differences that were found."""

from apps.books.models.differences import Difference
from apps.books.models.ledger import Account, Entry, Journal, PointsValue
from apps.books.models.runs import Reconciliation

__all__ = ["Account", "Difference", "Entry", "Journal", "PointsValue", "Reconciliation"]
