"""Stock by date."""

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_calendar"), ("catalog", "0002_sizes_in_full")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="day",
            field=models.DateField(null=True),
        ),
        migrations.CreateModel(
            name="DatedStock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("on_hand", models.PositiveIntegerField(default=0)),
                ("reserved", models.PositiveIntegerField(default=0)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dated_stock",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock of a day",
                "verbose_name_plural": "stock by day",
                "ordering": ["day", "variant_id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["day"],
                        name="dated_stock_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("variant", "day"), name="dated_stock_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reserved__gte", 0), ("reserved__lte", models.F("on_hand"))
                        ),
                        name="dated_reserved_within_on_hand",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatedStockMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("delta_on_hand", models.IntegerField(default=0)),
                ("delta_reserved", models.IntegerField(default=0)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("planned", "Planned for the day"),
                            ("fewer", "Fewer can be made"),
                            ("moved", "Moved from or to another day"),
                            ("counted", "Corrected after a count"),
                            ("ended", "The day's own number ended"),
                            ("hold", "Held for an order"),
                            ("consume", "Order paid"),
                            ("release", "Hold released"),
                            ("retake", "Taken for a late payment"),
                            ("return", "Order cancelled after payment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("ref", models.CharField(max_length=120)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dated_moves",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "move of stock by day",
                "verbose_name_plural": "moves of stock by day",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reason", "ref", "variant", "day"), name="dated_move_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delta_on_hand", 0), _negated=True),
                            models.Q(("delta_reserved", 0), _negated=True),
                            _connector="OR",
                        ),
                        name="dated_move_moves",
                    ),
                ],
            },
        ),
        forbid_rewrite("inventory_datedstockmove"),
    ]
