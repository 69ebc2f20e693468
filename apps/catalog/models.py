"""Categories, products and their variants (the sizes that have a price)."""

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.catalog.states import ProductKind, ProductStatus, TaxClass


class Category(models.Model):
    """A shelf of the shop; ``position`` orders them."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """What the shop offers. ``allergens`` null means unknown, which is not "none"."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    kind = models.CharField(max_length=20, choices=ProductKind, default=ProductKind.EVERYDAY)
    status = models.CharField(max_length=20, choices=ProductStatus, default=ProductStatus.DRAFT)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    short_description = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=5000, blank=True)
    tax_class = models.CharField(max_length=20, choices=TaxClass, default=TaxClass.STANDARD)
    # Written by `services.set_image` alone, which re-encodes what was uploaded.
    image = models.ImageField(max_length=200, blank=True, editable=False)
    diet_tags = models.JSONField(default=list, blank=True)
    allergens = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(
                fields=["name", "id"], name="product_shelf", condition=Q(status="published")
            ),
            models.Index(
                fields=["-created_at", "id"], name="product_newest", condition=Q(status="published")
            ),
            GinIndex(fields=["diet_tags"], name="product_diets", opclasses=["jsonb_path_ops"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProductKind.values), name="product_kind"),
            models.CheckConstraint(
                condition=Q(status__in=ProductStatus.values), name="product_status"
            ),
            models.CheckConstraint(
                condition=Q(tax_class__in=TaxClass.values), name="product_tax_class"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One size of a product. ``price`` is in the shop's currency, before tax.

    ``message_max_length`` 0 means that nothing can be written on it. A made-to-order variant is
    limited by pickup slots alone and has no stock.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    price = models.DecimalField(max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    servings_min = models.PositiveSmallIntegerField(null=True, blank=True)
    servings_max = models.PositiveSmallIntegerField(null=True, blank=True)
    lead_time_hours = models.PositiveSmallIntegerField(default=0)
    per_order_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    message_max_length = models.PositiveSmallIntegerField(default=0)
    made_to_order = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(per_order_limit=None) | Q(per_order_limit__gte=1),
                name="variant_limit_positive",
            ),
            models.CheckConstraint(
                condition=Q(servings_min=None)
                | Q(servings_max=None)
                | Q(servings_min__lte=F("servings_max")),
                name="variant_servings_range",
            ),
            models.UniqueConstraint(
                fields=["product", "name"], condition=Q(archived_at=None), name="variant_name_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"
