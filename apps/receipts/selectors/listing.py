"""Documents as staff look through them."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from apps.receipts.models import Document


def listed_documents() -> QuerySet[Any]:
    """Return documents with order and seal; of their content only ``buyer_name``."""
    return (
        Document.objects.select_related("order", "seal")
        .defer("content", "taxes")
        .annotate(buyer_name=KT("content__buyer__name"))
    )


def may_see_buyer(document: Document, user: Any) -> bool:
    """Tell whether staff may see who bought: of erased customers only who is let by itself."""
    return document.order.erased_at is None or bool(user.has_perm("receipts.view_erased"))


def filtered_documents(
    *,
    kind: str = "",
    number: str = "",
    since: date | None = None,
    until: date | None = None,
    incomplete: bool | None = None,
) -> QuerySet[Any]:
    """Return listed documents by kind, order, days of issue and whether something is missing."""
    wanted: dict[str, Any] = {
        "kind": kind or None,
        "order__number": number or None,
        "issued_on__gte": since,
        "issued_on__lte": until,
        "is_complete": None if incomplete is None else not incomplete,
    }
    found = {name: value for name, value in wanted.items() if value is not None}
    return listed_documents().filter(**found)
