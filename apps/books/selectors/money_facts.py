"""Facts about money that came, went back, is disputed or is kept."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.books.rules.facts import (
    DisputeMoveFact,
    KeptFact,
    PaymentFact,
    RefundFact,
    TenderFact,
)
from apps.orders.states import PaymentOutcome
from apps.payments.states import DisputeStatus

# What came to the shop and counts for no order.
NOT_TAKEN = (
    PaymentOutcome.MISMATCH,
    PaymentOutcome.UNFULFILLABLE,
    PaymentOutcome.SECOND_PAYMENT,
)


def tenders(rows: QuerySet[Any]) -> Iterator[TenderFact]:
    """Read tenders; 1 query, as all of this module."""
    for row in rows.values(
        "id", "order_id", "order__number", "kind", "amount", "currency", "taken_at"
    ):
        yield TenderFact(
            id=row["id"],
            at=row["taken_at"],
            currency=row["currency"],
            order_id=row["order_id"],
            number=row["order__number"],
            kind=row["kind"],
            amount=row["amount"],
        )


def payments(rows: QuerySet[Any]) -> Iterator[PaymentFact]:
    """Read captures."""
    for row in rows.values(
        "id", "order_id", "order__number", "amount", "fee", "currency", "outcome", "recorded_at"
    ):
        yield PaymentFact(
            id=row["id"],
            at=row["recorded_at"],
            currency=row["currency"],
            order_id=row["order_id"],
            number=row["order__number"],
            amount=row["amount"],
            fee=row["fee"],
            was_taken=_was_taken(row["outcome"]),
        )


def refunds(rows: QuerySet[Any]) -> Iterator[RefundFact]:
    """Read refunds."""
    for row in rows.values(
        "id",
        "order_id",
        "order__number",
        "way",
        "till",
        "amount",
        "currency",
        "payment__outcome",
        "recorded_at",
    ):
        yield _refund(row["id"], row["recorded_at"], row, "")


def reversals(rows: QuerySet[Any]) -> Iterator[RefundFact]:
    """Read refunds that came back, under the keys of their reversals."""
    columns = (
        *("order_id", "order__number", "way", "till", "amount", "currency"),
        "payment__outcome",
    )
    for row in rows.values("id", "recorded_at", *(f"refund__{name}" for name in columns)):
        yield _refund(row["id"], row["recorded_at"], row, "refund__")


def dispute_moves(rows: QuerySet[Any]) -> Iterator[DisputeMoveFact]:
    """Read what disputes took and gave back."""
    for row in rows.values(
        "id",
        "dispute__order_id",
        "dispute__order__number",
        "dispute__payment__outcome",
        "dispute__status",
        "dispute__closed_at",
        "amount",
        "fee",
        "currency",
        "recorded_at",
    ):
        is_lost = row["dispute__status"] == DisputeStatus.LOST
        yield DisputeMoveFact(
            id=row["id"],
            at=row["recorded_at"],
            currency=row["currency"],
            order_id=row["dispute__order_id"],
            number=row["dispute__order__number"],
            amount=row["amount"],
            fee=row["fee"],
            was_taken=_was_taken(row["dispute__payment__outcome"]),
            lost_at=(row["dispute__closed_at"] or row["recorded_at"]) if is_lost else None,
        )


def kept(rows: QuerySet[Any]) -> Iterator[KeptFact]:
    """Read requests that were rejected or approved in part, so that money stays."""
    for row in rows.values(
        "id",
        "order_id",
        "order__number",
        "amount",
        "currency",
        "payment__outcome",
        "lowered_by",
        "kept_taxes",
        "lowered_taxes",
        "requested_at",
        "decided_at",
    ):
        yield KeptFact(
            id=row["id"],
            at=row["decided_at"] or row["requested_at"],
            currency=row["currency"],
            order_id=row["order_id"],
            number=row["order__number"],
            amount=row["amount"],
            lowered_by=row["lowered_by"],
            was_taken=_was_taken(row["payment__outcome"]),
            taxes=_taxes(row["kept_taxes"]),
            lowered_taxes=_taxes(row["lowered_taxes"]),
        )


def _refund(key: int, at: datetime, row: dict[str, Any], path: str) -> RefundFact:
    return RefundFact(
        id=key,
        at=at,
        currency=row[f"{path}currency"],
        order_id=row[f"{path}order_id"],
        number=row[f"{path}order__number"],
        amount=row[f"{path}amount"],
        way=row[f"{path}till"] or row[f"{path}way"],
        was_taken=_was_taken(row[f"{path}payment__outcome"]),
    )


def _taxes(rows: list[dict[str, str]]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((row["name"], Decimal(row["amount"])) for row in rows)


def _was_taken(outcome: str | None) -> bool:
    """Tell whether an order took the payment; what came at the counter always was."""
    return outcome not in NOT_TAKEN
