"""Lots: what came in together or was baked together, and who got pieces of it."""

from django.db import models
from django.db.models import F, Q

from apps.inventory.models.stock import StockMove
from apps.inventory.states import LotOrigin
from bakery.kernel.append_only import AppendOnly


class Lot(models.Model):
    """A delivery of one ingredient, or one bake of one size.

    ``made_at`` is when it was received or baked. Of a size's lot, ``pieces`` entered stock by
    ``move`` and ``left`` are there still, as far as the ledger was walked (`LotBook`).
    Goods without undated stock name whom they were baked for instead: ``reference`` is the hold of
    one order, ``day`` stands for everybody who collects this size on that day.
    """

    code = models.CharField(max_length=60, unique=True)
    origin = models.CharField(max_length=12, choices=LotOrigin)
    ingredient = models.ForeignKey(
        "catalog.Ingredient", on_delete=models.PROTECT, null=True, blank=True, related_name="lots"
    )
    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, null=True, blank=True, related_name="lots"
    )
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    pieces = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    move = models.OneToOneField(
        StockMove, on_delete=models.PROTECT, null=True, blank=True, related_name="lot"
    )
    reference = models.CharField(max_length=100, blank=True)
    day = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField()
    best_before = models.DateField(null=True, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    supplier_ref = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recall_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("record_lot", "Can receive lots and record bakes"),
            ("recall_lot", "Can recall lots and see who bought of them"),
        ]
        indexes = [
            models.Index(
                fields=["variant", "move"], name="lot_with_pieces_left", condition=Q(left__gt=0)
            ),
            models.Index(fields=["best_before"], name="lot_best_before", condition=Q(left__gt=0)),
            models.Index(fields=["reference"], name="lot_for_order", condition=~Q(reference="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=LotOrigin.values), name="lot_origin"),
            models.CheckConstraint(
                condition=Q(variant=None, ingredient__isnull=False)
                | Q(variant__isnull=False, ingredient=None),
                name="lot_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(left__lte=F("pieces")), name="lot_left_of_pieces"),
        ]

    def __str__(self) -> str:
        return self.code


class LotUse(AppendOnly):
    """``used`` went into the bake ``lot``; a bake may be used in another (a filling, a dough)."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="ingredients")
    used = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="bakes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "used"], name="lot_use_once"),
            models.CheckConstraint(condition=~Q(lot=F("used")), name="lot_not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"lot {self.used_id} in lot {self.lot_id}"


class LotDraw(AppendOnly):
    """Pieces of one lot that one move of the ledger took, or gave back if negative.

    ``reference`` is the hold's, for moves that a hold made, and the move's own ref otherwise. A
    null lot stands for pieces that no lot covers, which a sound ledger never has.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="draws")
    move = models.ForeignKey(StockMove, on_delete=models.PROTECT, related_name="draws")
    quantity = models.IntegerField()
    reference = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["reference"], name="lot_draw_reference")]
        constraints = [
            models.UniqueConstraint(
                fields=["move", "lot"], name="lot_draw_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="lot_draw_draws"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of lot {self.lot_id} ({self.reference})"


class LotBook(models.Model):
    """How far the ledger of a variant was walked when its moves were given to lots."""

    variant = models.OneToOneField(
        "catalog.Variant", on_delete=models.PROTECT, primary_key=True, related_name="lot_book"
    )
    last_move = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"variant {self.variant_id} up to move {self.last_move}"
