"""Ingredients, recipes, and what follows from them."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite

# What was stated so far becomes each size's facts: in neither list means free from it.
_BACKFILL = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT p.id, p.allergens->'contains' AS contains, p.allergens->'may_contain' AS may_contain,
       (SELECT coalesce(jsonb_agg(code ORDER BY place), '[]')
          FROM unnest(ARRAY['wheat', 'gluten', 'egg', 'milk', 'soy', 'sesame', 'peanut',
                            'tree_nuts', 'mustard', 'sulphites', 'fish', 'crustaceans',
                            'molluscs']) WITH ORDINALITY AS every(code, place)
         WHERE NOT p.allergens->'contains' ? code AND NOT p.allergens->'may_contain' ? code
       ) AS free_from
  FROM catalog_product p WHERE jsonb_typeof(p.allergens) = 'object';
UPDATE catalog_product p SET free_from = told.free_from FROM told WHERE told.id = p.id;
UPDATE catalog_variant v
   SET food_facts = jsonb_build_object(
       'contains', told.contains, 'may_contain', told.may_contain,
       'free_from', told.free_from, 'unknown', '[]'::jsonb, 'source', 'stated')
  FROM told WHERE told.id = v.product_id;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_cutouts")]

    operations = [
        migrations.CreateModel(
            name="CostedSize",
            fields=[],
            options={
                "verbose_name": "size and its cost",
                "verbose_name_plural": "sizes and their costs",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("catalog.variant",),
        ),
        migrations.CreateModel(
            name="Ingredient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("food", "Food"), ("other", "Packaging and other")],
                        default="food",
                        max_length=8,
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("g", "g"),
                            ("kg", "kg"),
                            ("ml", "ml"),
                            ("l", "l"),
                            ("piece", "piece"),
                        ],
                        default="kg",
                        max_length=8,
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "price_quantity",
                    models.DecimalField(
                        decimal_places=3,
                        default=1,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.001"))],
                    ),
                ),
                ("supplier", models.CharField(blank=True, max_length=120)),
                ("contains", models.JSONField(blank=True, default=list)),
                ("may_contain", models.JSONField(blank=True, default=list)),
                ("facts_complete", models.BooleanField(default=False)),
                ("suits", models.JSONField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price", None), ("price__gte", 0), _connector="OR"),
                        name="ingredient_price_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_quantity__gt", 0)),
                        name="ingredient_quantity_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IngredientPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("price", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("price_quantity", models.DecimalField(decimal_places=3, max_digits=10)),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("g", "g"),
                            ("kg", "kg"),
                            ("ml", "ml"),
                            ("l", "l"),
                            ("piece", "piece"),
                        ],
                        max_length=8,
                    ),
                ),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "ingredient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="catalog.ingredient",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Recipe",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "yield_quantity",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.001"))],
                    ),
                ),
                (
                    "yield_unit",
                    models.CharField(
                        choices=[
                            ("g", "g"),
                            ("kg", "kg"),
                            ("ml", "ml"),
                            ("l", "l"),
                            ("piece", "piece"),
                        ],
                        default="g",
                        max_length=8,
                    ),
                ),
                (
                    "loss_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(Decimal("99.99")),
                        ],
                    ),
                ),
                ("notes", models.TextField(blank=True, max_length=5000)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("yield_quantity__gt", 0)), name="recipe_yields"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("loss_percent__gte", 0), ("loss_percent__lt", 100)),
                        name="recipe_loss",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipeLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.001"))],
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("g", "g"),
                            ("kg", "kg"),
                            ("ml", "ml"),
                            ("l", "l"),
                            ("piece", "piece"),
                        ],
                        default="g",
                        max_length=8,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "ingredient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.ingredient",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.recipe",
                        verbose_name="or recipe",
                    ),
                ),
                (
                    "recipe",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="catalog.recipe",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ingredient", None), ("part__isnull", False)),
                            models.Q(("ingredient__isnull", False), ("part", None)),
                            _connector="OR",
                        ),
                        name="recipeline_one_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="recipeline_quantity"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VariantPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.001"))],
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("g", "g"),
                            ("kg", "kg"),
                            ("ml", "ml"),
                            ("l", "l"),
                            ("piece", "piece"),
                        ],
                        default="g",
                        max_length=8,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "ingredient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.ingredient",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.recipe",
                        verbose_name="or recipe",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ingredient", None), ("part__isnull", False)),
                            models.Q(("ingredient__isnull", False), ("part", None)),
                            _connector="OR",
                        ),
                        name="variantpart_one_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="variantpart_quantity"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WithdrawnClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("diet", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=500)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("seen_by", models.CharField(blank=True, max_length=200)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawn_claims",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at", None)),
                        fields=["-at"],
                        name="withdrawn_unseen",
                    )
                ],
            },
        ),
        forbid_rewrite("catalog_ingredientprice"),
        migrations.RunSQL(sql=_BACKFILL, reverse_sql=migrations.RunSQL.noop),
    ]
