"""The documents of orders, and whether their files are there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.receipts.models import Document
from apps.receipts.states import DocumentKind
from bakery.kernel.errors import NotFound


@dataclass(frozen=True)
class Paper:
    """A document as an order's customer sees it; ``is_ready``: its file can be fetched."""

    number: str
    kind: str
    label: str
    issued_on: date
    total: Decimal
    currency: str
    is_ready: bool


def papers_of(order_id: int) -> list[Paper]:
    """Return the documents of an order, oldest first. One query."""
    return [
        Paper(
            number=document.number,
            kind=document.kind,
            label=str(DocumentKind(document.kind).label),
            issued_on=document.issued_on,
            total=document.total,
            currency=document.currency,
            is_ready=hasattr(document, "seal"),
        )
        for document in _documents().filter(order_id=order_id).order_by("position")
    ]


def documents_to_take(order_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the documents of orders as their customers may take them along; 1 query."""
    names = ("number", "kind", "issued_on", "total", "currency")
    found: dict[int, list[dict[str, Any]]] = {}
    for row in Document.objects.filter(order_id__in=order_ids).order_by("pk"):
        told = {name: getattr(row, name) for name in names}
        found.setdefault(row.order_id, []).append({**told, "buyer": row.content["buyer"]})
    return found


def document_of(*, order_id: int, number: str) -> Document:
    """Return a document of an order; raise `NotFound` ``receipt_not_found``."""
    return _one(_documents().filter(order_id=order_id, number=number))


def document_by_number(number: str) -> Document:
    """Return a document for staff; raise `NotFound` ``receipt_not_found``."""
    return _one(_documents().filter(number=number))


def _documents() -> QuerySet[Document]:
    return Document.objects.select_related("seal", "order")


def _one(found: QuerySet[Document]) -> Document:
    document = found.first()
    if document is None:
        raise NotFound("receipt_not_found", "There is no such receipt.")
    return document
