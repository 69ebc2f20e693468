"""Mixers, which recipes they mix, and what of an ingredient was counted on the shelf."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from bakery.kernel.append_only import AppendOnly


class Mixer(models.Model):
    """A bowl that takes ``capacity_kg`` of what goes in; fuller, it does not mix."""

    name = models.CharField(max_length=80, unique=True)
    capacity_kg = models.DecimalField(
        max_digits=7, decimal_places=3, validators=[MinValueValidator(Decimal("0.1"))]
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity_kg__gt=0), name="mixer_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.capacity_kg.normalize():f} kg)"


class RecipeMixer(models.Model):
    """The mixer in which a recipe is made; one without a row is made in one go."""

    mixer = models.ForeignKey(Mixer, on_delete=models.CASCADE, related_name="recipes")
    recipe = models.OneToOneField(
        "catalog.Recipe", on_delete=models.CASCADE, related_name="+", verbose_name="recipe"
    )

    class Meta:
        verbose_name = "recipe in this mixer"
        verbose_name_plural = "recipes in this mixer"

    def __str__(self) -> str:
        return f"{self.recipe} in {self.mixer}"


class PantryCount(AppendOnly):
    """How much of an ingredient somebody counted, in its base unit; the newest one holds."""

    ingredient = models.ForeignKey("catalog.Ingredient", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=8)
    counted_by = models.CharField(max_length=200)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="pantry_count_amount"),
        ]
        indexes = [
            models.Index(fields=["ingredient", "-counted_at", "-id"], name="pantry_count_newest")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"
