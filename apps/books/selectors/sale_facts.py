"""Facts about what was sold: receipts and credit notes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.books.rules.facts import DocumentFact
from apps.books.rules.sold import delivery_of
from apps.receipts.states import DocumentKind


def documents(rows: QuerySet[Any]) -> Iterator[DocumentFact]:
    """Read receipts and credit notes; 1 query."""
    for row in rows.values(
        "id",
        "kind",
        "number",
        "order_id",
        "order__number",
        "issued_at",
        "currency",
        "subtotal",
        "tax_total",
        "total",
        "taxes",
        "content",
    ):
        yield DocumentFact(
            id=row["id"],
            at=row["issued_at"],
            currency=row["currency"],
            order_id=row["order_id"],
            number=row["order__number"],
            name=row["number"],
            is_credit=row["kind"] == DocumentKind.CREDIT_NOTE,
            subtotal=row["subtotal"],
            delivery=delivery_of(row["content"]),
            tax_total=row["tax_total"],
            taxes=tuple((tax["name"], Decimal(tax["amount"])) for tax in row["taxes"]),
            total=row["total"],
        )
