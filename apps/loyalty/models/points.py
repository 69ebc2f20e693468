"""Points: accounts, the lots they were earned in, the ledger, and what orders use of them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.loyalty.states import LotSource, PointsKind, SpendState
from bakery.kernel.append_only import AppendOnly


class PointsAccount(models.Model):
    """The points of one person. ``debt`` is what a refund took back after it had been spent.

    Changed only by postings under the row's lock, see `services.postings`; what comes in pays the
    debt first, so that nobody has points to spend and owes some.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="points_account",
    )
    balance = models.IntegerField(default=0)
    debt = models.IntegerField(default=0)

    class Meta:
        permissions = [("adjust_points", "Can give and take points")]
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="points_balance"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="points_debt"),
            models.CheckConstraint(condition=Q(balance=0) | Q(debt=0), name="points_debt_first"),
        ]

    def __str__(self) -> str:
        return f"points of account {self.user_id}"


class PointsLot(models.Model):
    """Points that came in together and end together, at ``expires_at``.

    ``amount`` is the money they were earned for and ``rate`` the points per unit of it then: what
    a refund takes back is computed from these. ``remaining`` are free; the others were used,
    expired (``expired``), or taken back (``taken_back``, wherever they were found).
    """

    account = models.ForeignKey(PointsAccount, on_delete=models.PROTECT, related_name="lots")
    source = models.CharField(max_length=10, choices=LotSource)
    ref = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    rate = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    points = models.PositiveIntegerField()
    remaining = models.IntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    taken_back = models.PositiveIntegerField(default=0)
    earned_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["expires_at", "pk"]
        indexes = [
            models.Index(
                fields=["account", "expires_at"],
                name="points_lot_open",
                condition=Q(remaining__gt=0),
            ),
            models.Index(
                fields=["expires_at"], name="points_lot_ending", condition=Q(remaining__gt=0)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "ref", "account"], name="points_lot_once"),
            models.CheckConstraint(condition=Q(source__in=LotSource.values), name="lot_source"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=F("points")),
                name="points_lot_remaining",
            ),
            models.CheckConstraint(
                condition=Q(expired__lte=F("points")) & Q(taken_back__lte=F("points")),
                name="points_lot_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points, {self.get_source_display()}"


class PointsUse(models.Model):
    """Points that one sale uses; ``turn`` counts its moves, so that each is written once."""

    reference = models.CharField(max_length=100, unique=True)
    account = models.ForeignKey(PointsAccount, on_delete=models.PROTECT, related_name="uses")
    points = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    state = models.CharField(
        max_length=10, choices=SpendState, default=SpendState.RESERVED, editable=False
    )
    turn = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SpendState.values), name="points_use_state"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="points_use_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.points} points for {self.reference}"

    @property
    def move_ref(self) -> str:
        """The name of its latest move."""
        return f"{self.reference}:{self.turn}"


class PointsMove(AppendOnly):
    """One change of one lot, or of the debt alone. The sums of these are the balances.

    ``ref`` names the cause, so that no cause counts twice; ``use`` is the sale that took or got
    back the points.
    """

    account = models.ForeignKey(PointsAccount, on_delete=models.PROTECT, related_name="moves")
    lot = models.ForeignKey(PointsLot, on_delete=models.PROTECT, null=True, related_name="moves")
    use = models.ForeignKey(PointsUse, on_delete=models.PROTECT, null=True, related_name="moves")
    kind = models.CharField(max_length=10, choices=PointsKind)
    delta = models.IntegerField(default=0)
    delta_debt = models.IntegerField(default=0)
    ref = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "-id"], name="points_move_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "ref", "lot"],
                name="points_move_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(kind__in=PointsKind.values), name="points_kind"),
            models.CheckConstraint(
                condition=~Q(delta=0) | ~Q(delta_debt=0), name="points_move_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+d} ({self.ref})"
