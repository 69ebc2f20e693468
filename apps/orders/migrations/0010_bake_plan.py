import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_customers"), ("catalog", "0009_published_at")]

    operations = [
        migrations.CreateModel(
            name="Mixer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "capacity_kg",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=7,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.1"))],
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("capacity_kg__gt", 0)), name="mixer_capacity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipeMixer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mixer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipes",
                        to="orders.mixer",
                    ),
                ),
                (
                    "recipe",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.recipe",
                        verbose_name="recipe",
                    ),
                ),
            ],
            options={
                "verbose_name": "recipe in this mixer",
                "verbose_name_plural": "recipes in this mixer",
            },
        ),
        migrations.CreateModel(
            name="PantryCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=12)),
                ("unit", models.CharField(max_length=8)),
                ("counted_by", models.CharField(max_length=200)),
                ("counted_at", models.DateTimeField()),
                (
                    "ingredient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.ingredient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["ingredient", "-counted_at", "-id"], name="pantry_count_newest"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="pantry_count_amount"
                    )
                ],
            },
        ),
        forbid_rewrite("orders_pantrycount"),
    ]
