"""What a customer can choose for a custom cake, and what each choice takes."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.custom_cakes.states import OptionKind


class CakeOption(models.Model):
    """A sponge, a filling, an outside or a decoration.

    ``grams`` of its ``recipe`` go into a cubic inch of sponge, a square inch of filling (for each
    layer of it) or of the outside, or into one decoration; costs and allergens follow from the
    recipe. Without a recipe what is in it is unknown, unless ``is_edible`` is False.
    ``material_cost`` is what one takes besides, before tax. ``minutes`` of a decorator are for one
    square inch of an outside, or one decoration. ``complexity`` from 1 (plain) to 5. At most
    ``most`` of a decoration can be had. ``name_fr`` and ``note_fr`` are shown to people who read
    French; "": the others are. ``version`` counts its changes.
    """

    kind = models.CharField(max_length=12, choices=OptionKind.choices)
    name = models.CharField(max_length=80)
    name_fr = models.CharField("name in French", max_length=80, blank=True)
    note = models.CharField(max_length=200, blank=True)
    note_fr = models.CharField("note in French", max_length=200, blank=True)
    recipe = models.ForeignKey(
        "catalog.Recipe", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_edible = models.BooleanField(default=True)
    grams = models.DecimalField(
        max_digits=8, decimal_places=3, default=0, validators=[MinValueValidator(0)]
    )
    material_cost = models.DecimalField(
        max_digits=8, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    minutes = models.DecimalField(
        max_digits=7, decimal_places=3, default=0, validators=[MinValueValidator(0)]
    )
    complexity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    most = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    lead_days = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["kind", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"], condition=Q(is_active=True), name="cake_option_name_once"
            ),
            models.CheckConstraint(
                condition=Q(complexity__gte=1, complexity__lte=5), name="cake_option_complexity"
            ),
        ]

    def __str__(self) -> str:
        return self.name
