"""Decisions about servings."""

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_search")]

    operations = [
        migrations.CreateModel(
            name="ServingsDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tiers", models.JSONField(default=list)),
                ("chart", models.CharField(blank=True, max_length=40)),
                ("style", models.CharField(blank=True, max_length=20)),
                ("suggested_least", models.PositiveSmallIntegerField(null=True)),
                ("suggested_most", models.PositiveSmallIntegerField(null=True)),
                ("least", models.PositiveSmallIntegerField()),
                ("most", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="servings_decisions",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("least__gte", 1), ("most__gte", models.F("least"))),
                        name="servings_decision_range",
                    )
                ],
            },
        ),
        forbid_rewrite("catalog_servingsdecision"),
    ]
