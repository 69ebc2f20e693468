"""Receipts and credit notes."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.receipts.states import DocumentKind
from bakery.kernel.append_only import AppendOnly


class Series(models.Model):
    """Counts the documents of a kind in a year; its row is locked by who takes the next number.

    The number is taken in the transaction that writes the document, so that none is ever missing.
    """

    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="series_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class Document(AppendOnly):
    """A receipt, or a credit note, as it was issued. Never changed; a credit note corrects.

    The total is not below zero in either kind; its parts are where a change raised one and lowered
    another. ``taxes`` are the levies, as {"name", "rate", "amount"} with numbers as text.
    ``content`` is all that its file shows, see `rules.content`.
    """

    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    number = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="documents")
    # Counts the documents of an order, of either kind, from 1.
    position = models.PositiveSmallIntegerField()
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections"
    )
    issued_at = models.DateTimeField()
    # The shop's date.
    issued_on = models.DateField()
    currency = models.CharField(max_length=3)
    # Without tax.
    subtotal = models.DecimalField(max_digits=10, decimal_places=2)
    tax_total = models.DecimalField(max_digits=10, decimal_places=2)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    taxes: Any = models.JSONField(default=list)
    content: Any = models.JSONField()
    # Whether the shop could show all that the law asks of it; else content["missing"] names it.
    is_complete = models.BooleanField(default=True)

    class Meta:
        permissions = [("view_erased", "Can see who bought on receipts of erased customers")]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="document_position"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax_total")), name="document_total"
            ),
        ]
        indexes = [
            models.Index(fields=["-issued_at", "-id"], name="document_newest"),
            models.Index(
                fields=["-issued_at", "-id"],
                name="document_incomplete",
                condition=Q(is_complete=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number
