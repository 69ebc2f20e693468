"""Categories, products and their variants (the sizes that have a price)."""

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.catalog.states import CakeShape, Packaging, ProductKind, ProductStatus, TaxClass


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
    """What the shop offers. ``allergens`` null means unknown, which is not "none".

    ``free_from`` names the allergens that every size on sale is known to be free of, and
    ``image_set`` the renditions of ``image`` by width in pixels; services keep both.
    ``search_words`` are further words that find it. The column ``search`` beside these fields is
    the database's own (migration 0006).
    """

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
    image_set = models.JSONField(default=dict, blank=True, editable=False)
    diet_tags = models.JSONField(default=list, blank=True)
    free_from = models.JSONField(default=list, blank=True, editable=False)
    allergens = models.JSONField(null=True, blank=True)
    # What search engines show below its name; empty: they take what they find.
    seo_description = models.CharField(max_length=160, blank=True, default="", db_default="")
    search_words = models.TextField(max_length=500, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # When it was last put on sale; null for what never was.
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

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
            GinIndex(fields=["free_from"], name="product_free_from", opclasses=["jsonb_path_ops"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProductKind.values), name="product_kind"),
            models.CheckConstraint(
                condition=Q(status__in=ProductStatus.values), name="product_status"
            ),
            models.CheckConstraint(
                condition=Q(tax_class__in=TaxClass.values), name="product_tax_class"
            ),
            # What was agreed with one customer is on no shelf, whoever writes it.
            models.CheckConstraint(
                condition=~Q(
                    kind=ProductKind.CUSTOM_TEMPLATE.value, status=ProductStatus.PUBLISHED.value
                ),
                name="product_template_unpublished",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One size of a product. ``price`` is in the shop's currency, before tax.

    ``message_max_length`` 0 means that nothing can be written on it. A made-to-order variant is
    limited by pickup slots alone and has no stock. Lengths are in inches, as cake charts are:
    ``length_in`` is a diameter or the longest side. ``tiers`` describes a stack, from the bottom.
    ``pieces`` is how many single servings it holds for tax and slots, 6 for a box of six.
    ``lead_days`` are working days beside ``lead_time_hours``; after ``cutoff_at``, local time, a
    day is over for it. Minutes are what one of it takes of a slot's oven and decorators.
    ``unit_cost`` and ``food_facts`` are worked out from recipes; null is unknown.
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
    unit_cost = models.DecimalField(
        max_digits=10, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    shape = models.CharField(max_length=12, choices=CakeShape, blank=True)
    length_in = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    width_in = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    height_in = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    tiers = models.JSONField(default=list, blank=True)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    pieces = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    packaging = models.CharField(max_length=12, choices=Packaging, default=Packaging.LOOSE)
    lead_days = models.PositiveSmallIntegerField(default=0)
    cutoff_at = models.TimeField(null=True, blank=True)
    oven_minutes = models.PositiveSmallIntegerField(default=0)
    decorator_minutes = models.PositiveSmallIntegerField(default=0)
    food_facts = models.JSONField(null=True, blank=True, editable=False)
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
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0), name="variant_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=(Q(length_in=None) | Q(length_in__gt=0))
                & (Q(width_in=None) | Q(width_in__gt=0))
                & (Q(height_in=None) | Q(height_in__gt=0)),
                name="variant_lengths_positive",
            ),
            models.CheckConstraint(condition=Q(pieces__gte=1), name="variant_pieces_positive"),
            models.CheckConstraint(
                condition=Q(shape="") | Q(shape__in=CakeShape.values), name="variant_shape"
            ),
            models.CheckConstraint(
                condition=Q(packaging__in=Packaging.values), name="variant_packaging"
            ),
            models.UniqueConstraint(
                fields=["product", "name"], condition=Q(archived_at=None), name="variant_name_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"
