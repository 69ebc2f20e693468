"""Tills: their reports, and what they may read."""

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_stock_care")]

    operations = [
        migrations.CreateModel(
            name="Till",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("received_up_to", models.BigIntegerField(default=0)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="TillChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="TillDelta",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("sale", "Sale"), ("return", "Return"), ("count", "Count")],
                        max_length=10,
                    ),
                ),
                ("sku", models.CharField(max_length=40)),
                ("quantity", models.PositiveIntegerField()),
                ("verified", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("counted_by", models.CharField(blank=True, max_length=120)),
                ("occurred_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for earlier ones"),
                            ("applied", "Applied"),
                            ("conflict", "For a person to decide"),
                            ("ignored", "Ignored by a person"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("applied", models.IntegerField(default=0)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "till report",
                "ordering": ["-pk"],
                "permissions": [("resolve_till", "Can settle conflicts with a till")],
            },
        ),
        migrations.CreateModel(
            name="TillTransition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("old", models.CharField(max_length=40)),
                ("new", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="stock",
            name="kept_by",
            field=models.CharField(
                choices=[("platform", "This platform"), ("till", "The till")],
                db_default="platform",
                default="platform",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="stock",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept_by__in", ["platform", "till"])), name="stock_keeper"
            ),
        ),
        migrations.AddField(
            model_name="tillchange",
            name="move",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="till_change",
                to="inventory.stockmove",
            ),
        ),
        migrations.AddField(
            model_name="tillchange",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.variant"
            ),
        ),
        migrations.AddField(
            model_name="tilldelta",
            name="move",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="till_delta",
                to="inventory.stockmove",
            ),
        ),
        migrations.AddField(
            model_name="tilldelta",
            name="till",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deltas",
                to="inventory.till",
            ),
        ),
        migrations.AddField(
            model_name="tilltransition",
            name="subject",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="history",
                to="inventory.tilldelta",
            ),
        ),
        migrations.AddIndex(
            model_name="tillchange",
            index=models.Index(fields=["variant", "move"], name="till_change_of_variant"),
        ),
        migrations.AddIndex(
            model_name="tilldelta",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["till", "seq"],
                name="till_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="tilldelta",
            index=models.Index(
                condition=models.Q(("state", "conflict")), fields=["id"], name="till_conflict"
            ),
        ),
        migrations.AddConstraint(
            model_name="tilldelta",
            constraint=models.UniqueConstraint(fields=("till", "seq"), name="till_delta_once"),
        ),
        migrations.AddConstraint(
            model_name="tilldelta",
            constraint=models.CheckConstraint(
                condition=models.Q(("seq__gte", 1)), name="till_seq_from_1"
            ),
        ),
        migrations.AddConstraint(
            model_name="tilldelta",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "applied", "conflict", "ignored"])),
                name="till_delta_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="tilldelta",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sale", "return", "count"])),
                name="till_delta_kind",
            ),
        ),
        forbid_rewrite("inventory_tillchange"),
    ]
