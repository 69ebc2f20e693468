"""Gift cards and store credit: money that was paid or granted before."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.loyalty.states import CardMoveKind, CardState, SpendState
from bakery.kernel.append_only import AppendOnly


class GiftCard(models.Model):
    """Money on a code. The code itself is stored nowhere: ``digest`` finds the card.

    ``balance`` is free, changed only by conditional UPDATEs in the services. A card of a ``user``
    is store credit: it pays for that account alone. ``ref`` names the issue, so that the same
    button pressed twice is one card.
    """

    public_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    ref = models.CharField(max_length=120, unique=True, editable=False)
    initial = models.DecimalField(max_digits=10, decimal_places=3)
    balance = models.DecimalField(max_digits=10, decimal_places=3)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=10, choices=CardState, default=CardState.ACTIVE, editable=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="gift_cards",
    )
    recipient_email = models.EmailField(max_length=254, blank=True)
    greeting = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    issued_by = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("issue_gift_card", "Can issue gift cards and store credit"),
            ("block_gift_card", "Can block gift cards and free them"),
        ]
        indexes = [
            models.Index(fields=["user"], name="gift_card_of_user", condition=Q(user__isnull=False))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(balance__gte=0) & Q(balance__lte=F("initial")), name="gift_card_balance"
            ),
            models.CheckConstraint(condition=Q(initial__gt=0), name="gift_card_initial"),
            models.CheckConstraint(condition=Q(state__in=CardState.values), name="gift_card_state"),
        ]

    def __str__(self) -> str:
        return f"…{self.last4}"


class GiftCardUse(models.Model):
    """What one sale takes from one card; ``turn`` counts its moves."""

    reference = models.CharField(max_length=100)
    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="uses")
    amount = models.DecimalField(max_digits=10, decimal_places=3)
    state = models.CharField(
        max_length=10, choices=SpendState, default=SpendState.RESERVED, editable=False
    )
    turn = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["card_id"]
        constraints = [
            models.UniqueConstraint(fields=["reference", "card"], name="gift_card_use_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="gift_card_use_amount"),
            models.CheckConstraint(
                condition=Q(state__in=SpendState.values), name="gift_card_use_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.reference}"

    @property
    def move_ref(self) -> str:
        """The name of its latest move."""
        return f"{self.reference}:{self.turn}"


class GiftCardMove(AppendOnly):
    """One change of one card's money; the sum of these is its balance."""

    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="moves")
    use = models.ForeignKey(GiftCardUse, on_delete=models.PROTECT, null=True, related_name="moves")
    kind = models.CharField(max_length=10, choices=CardMoveKind)
    delta = models.DecimalField(max_digits=10, decimal_places=3)
    ref = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "ref", "card"], name="gift_card_move_once"),
            models.CheckConstraint(condition=~Q(delta=0), name="gift_card_move_moves"),
            models.CheckConstraint(
                condition=Q(kind__in=CardMoveKind.values), name="gift_card_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+} ({self.ref})"
