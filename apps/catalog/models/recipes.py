"""Ingredients, recipes, what goes into a size, and claims that had to be taken off."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.catalog.models.products import Product, Variant
from apps.catalog.states import IngredientKind, Unit
from bakery.kernel.append_only import AppendOnly

_QUANTITY = Decimal("0.001")


class Ingredient(models.Model):
    """What is bought. ``price`` is paid for ``price_quantity`` of ``unit``; null is not known.

    ``contains`` and ``may_contain`` are codes of `allergen_lists.CODES`. Until ``facts_complete``,
    what is in neither list is not known, and nothing made of it is free from anything unnamed.
    ``suits`` are diets that it is fit for; null is not known.
    """

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=IngredientKind, default=IngredientKind.FOOD)
    unit = models.CharField(max_length=8, choices=Unit, default=Unit.KILOGRAM)
    price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    price_quantity = models.DecimalField(
        max_digits=10, decimal_places=3, default=1, validators=[MinValueValidator(_QUANTITY)]
    )
    supplier = models.CharField(max_length=120, blank=True)
    contains = models.JSONField(default=list, blank=True)
    may_contain = models.JSONField(default=list, blank=True)
    facts_complete = models.BooleanField(default=False)
    suits = models.JSONField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__gte=0), name="ingredient_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(price_quantity__gt=0), name="ingredient_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IngredientPrice(AppendOnly):
    """What an ingredient cost from a moment on; the newest is the one in force."""

    ingredient = models.ForeignKey(Ingredient, on_delete=models.PROTECT, related_name="prices")
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    price_quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=8, choices=Unit)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.price} for {self.price_quantity} {self.unit}"


class Recipe(models.Model):
    """A batch: ``yield_quantity`` of ``yield_unit``, of which ``loss_percent`` cannot be used."""

    name = models.CharField(max_length=120, unique=True)
    yield_quantity = models.DecimalField(
        max_digits=10, decimal_places=3, validators=[MinValueValidator(_QUANTITY)]
    )
    yield_unit = models.CharField(max_length=8, choices=Unit, default=Unit.GRAM)
    loss_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(Decimal("99.99"))],
    )
    notes = models.TextField(max_length=5000, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(yield_quantity__gt=0), name="recipe_yields"),
            models.CheckConstraint(
                condition=Q(loss_percent__gte=0, loss_percent__lt=100), name="recipe_loss"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """So much of an ingredient or of a recipe: exactly one of the two."""

    ingredient = models.ForeignKey(
        Ingredient, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    part = models.ForeignKey(
        Recipe,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="or recipe",
    )
    quantity = models.DecimalField(
        max_digits=10, decimal_places=3, validators=[MinValueValidator(_QUANTITY)]
    )
    unit = models.CharField(max_length=8, choices=Unit, default=Unit.GRAM)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ingredient=None, part__isnull=False)
                | Q(ingredient__isnull=False, part=None),
                name="%(class)s_one_source",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="%(class)s_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit} of {self.ingredient or self.part}"


class RecipeLine(Component):
    """What goes into a batch."""

    recipe = models.ForeignKey(Recipe, on_delete=models.CASCADE, related_name="lines")


class VariantPart(Component):
    """What goes into one piece of a size, its packaging included."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="parts")


class WithdrawnClaim(models.Model):
    """A diet tag that became false or unprovable and was taken off; staff see it until settled."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="withdrawn_claims")
    diet = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="withdrawn_unseen", condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.diet} off {self.product_id}"


class CostedSize(Variant):
    """A size as the console shows it beside its recipe, cost and margin."""

    class Meta:
        proxy = True
        verbose_name = "size and its cost"
        verbose_name_plural = "sizes and their costs"
