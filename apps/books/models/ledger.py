"""Double-entry books: accounts, journals and their entries."""

from django.db import models
from django.db.models import Q

from apps.books.states import AccountKind
from bakery.kernel.append_only import AppendOnly


class Account(models.Model):
    """One account; ``code`` is what journals and exports call it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=AccountKind.choices)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Journal(AppendOnly):
    """One thing that happened, booked once: ``source`` names the row that it comes from.

    Its entries sum to nothing; PostgreSQL refuses to commit them otherwise.
    """

    source = models.CharField(max_length=120, unique=True)
    # The shop's date on which it happened.
    booked_on = models.DateField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    text = models.CharField(max_length=200)
    order = models.ForeignKey(
        "orders.Order", null=True, on_delete=models.PROTECT, related_name="journals"
    )

    class Meta:
        verbose_name_plural = "books"
        permissions = [("export_books", "Can export the books")]
        indexes = [
            models.Index(fields=["booked_on", "id"], name="journal_day"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.text}"


class Entry(AppendOnly):
    """An amount on an account: debit above zero, credit below."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_amount"),
        ]
        indexes = [models.Index(fields=["account", "journal"], name="entry_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class PointsValue(AppendOnly):
    """What one point is worth from ``since`` on, in the shop's currency; the newest one holds.

    The setting has only the value of today; what was booked before stays what it was.
    """

    value = models.DecimalField(max_digits=12, decimal_places=6)
    currency = models.CharField(max_length=3)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="points_value_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"
