"""Lots, waste and low stock."""

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_recipes"), ("inventory", "0004_dated_stock")]

    operations = [
        migrations.CreateModel(
            name="Lot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("received", "Received from a supplier"),
                            ("baked", "Baked here"),
                            ("unlabelled", "Came without a lot"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True),
                ),
                ("unit", models.CharField(blank=True, max_length=20)),
                ("pieces", models.PositiveIntegerField(default=0)),
                ("left", models.PositiveIntegerField(default=0)),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("day", models.DateField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                ("best_before", models.DateField(blank=True, null=True)),
                ("supplier", models.CharField(blank=True, max_length=120)),
                ("supplier_ref", models.CharField(blank=True, max_length=120)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("recalled_at", models.DateTimeField(blank=True, null=True)),
                ("recall_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("record_lot", "Can receive lots and record bakes"),
                    ("recall_lot", "Can recall lots and see who bought of them"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LotBook",
            fields=[
                (
                    "variant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="lot_book",
                        serialize=False,
                        to="catalog.variant",
                    ),
                ),
                ("last_move", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="LotDraw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.IntegerField()),
                ("reference", models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="LotUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WasteEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.IntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("stale", "Stale"),
                            ("dropped", "Dropped"),
                            ("burnt", "Burnt"),
                            ("sample", "Given as a sample"),
                            ("damaged", "Damaged"),
                            ("recalled", "Recalled"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=10, null=True)),
                ("ref", models.CharField(max_length=120)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "waste entries",
                "ordering": ["-pk"],
                "permissions": [("log_waste", "Can log waste")],
            },
        ),
        migrations.AlterModelOptions(
            name="stock",
            options={
                "permissions": [
                    ("adjust_stock", "Can adjust stock and manage pickup slots"),
                    ("mark_sold_out", "Can mark goods as sold out"),
                ],
                "verbose_name_plural": "stock",
            },
        ),
        migrations.AlterField(
            model_name="stockmove",
            name="reason",
            field=models.CharField(
                choices=[
                    ("baked", "Baked"),
                    ("received", "Received"),
                    ("counted", "Corrected after a count"),
                    ("waste", "Thrown away"),
                    ("damaged", "Damaged"),
                    ("given", "Given away or eaten"),
                    ("undone", "Adjustment undone"),
                    ("till_sale", "Sold at the counter"),
                    ("till_return", "Brought back to the counter"),
                    ("till_count", "Counted at the till"),
                    ("hold", "Held for an order"),
                    ("consume", "Order paid"),
                    ("release", "Hold released"),
                    ("retake", "Taken for a late payment"),
                    ("return", "Order cancelled after payment"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="stockmove",
            index=models.Index(fields=["variant", "id"], name="stock_move_of_variant"),
        ),
        migrations.AddField(
            model_name="lot",
            name="ingredient",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="catalog.ingredient",
            ),
        ),
        migrations.AddField(
            model_name="lot",
            name="move",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lot",
                to="inventory.stockmove",
            ),
        ),
        migrations.AddField(
            model_name="lot",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="catalog.variant",
            ),
        ),
        migrations.AddField(
            model_name="lotdraw",
            name="lot",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draws",
                to="inventory.lot",
            ),
        ),
        migrations.AddField(
            model_name="lotdraw",
            name="move",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draws",
                to="inventory.stockmove",
            ),
        ),
        migrations.AddField(
            model_name="lotuse",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ingredients",
                to="inventory.lot",
            ),
        ),
        migrations.AddField(
            model_name="lotuse",
            name="used",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bakes",
                to="inventory.lot",
            ),
        ),
        migrations.AddField(
            model_name="wasteentry",
            name="lot",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waste",
                to="inventory.lot",
            ),
        ),
        migrations.AddField(
            model_name="wasteentry",
            name="move",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waste",
                to="inventory.stockmove",
            ),
        ),
        migrations.AddField(
            model_name="wasteentry",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waste_entries",
                to="catalog.variant",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("left__gt", 0)),
                fields=["variant", "move"],
                name="lot_with_pieces_left",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("left__gt", 0)), fields=["best_before"], name="lot_best_before"
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["reference"],
                name="lot_for_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["received", "baked", "unlabelled"])),
                name="lot_origin",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ingredient__isnull", False), ("variant", None)),
                    models.Q(("ingredient", None), ("variant__isnull", False)),
                    _connector="OR",
                ),
                name="lot_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("left__lte", models.F("pieces"))), name="lot_left_of_pieces"
            ),
        ),
        migrations.AddIndex(
            model_name="lotdraw",
            index=models.Index(fields=["reference"], name="lot_draw_reference"),
        ),
        migrations.AddConstraint(
            model_name="lotdraw",
            constraint=models.UniqueConstraint(
                fields=("move", "lot"), name="lot_draw_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="lotdraw",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="lot_draw_draws"
            ),
        ),
        migrations.AddConstraint(
            model_name="lotuse",
            constraint=models.UniqueConstraint(fields=("lot", "used"), name="lot_use_once"),
        ),
        migrations.AddConstraint(
            model_name="lotuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("lot", models.F("used")), _negated=True),
                name="lot_not_in_itself",
            ),
        ),
        migrations.AddIndex(
            model_name="wasteentry",
            index=models.Index(fields=["at"], name="waste_at"),
        ),
        migrations.AddConstraint(
            model_name="wasteentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("move", None)), fields=("variant", "ref"), name="waste_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="wasteentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="waste_wastes"
            ),
        ),
        migrations.AddConstraint(
            model_name="wasteentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        ["stale", "dropped", "burnt", "sample", "damaged", "recalled", "other"],
                    )
                ),
                name="waste_reason",
            ),
        ),
        forbid_rewrite("inventory_lotuse"),
        forbid_rewrite("inventory_lotdraw"),
        forbid_rewrite("inventory_wasteentry"),
    ]
