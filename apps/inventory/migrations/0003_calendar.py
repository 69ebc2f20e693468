"""Opening hours, special days and blackouts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_sizes_in_full"),
        ("inventory", "0002_minutes"),
    ]

    operations = [
        migrations.CreateModel(
            name="WeekPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("effective_from", models.DateField(unique=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "opening hours",
                "verbose_name_plural": "calendar and opening hours",
                "ordering": ["effective_from"],
            },
        ),
        migrations.AddField(
            model_name="slot",
            name="by_hand",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="slot",
            name="closed_by_calendar",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="SpecialDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("name", models.CharField(max_length=100)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("lifted_by", models.CharField(blank=True, max_length=200)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["day"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("day",),
                        name="special_day_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Blackout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("lifted_by", models.CharField(blank=True, max_length=200)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "ordering": ["first_day", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at", None)),
                        fields=["last_day"],
                        name="blackout_ahead",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="blackout_has_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category", None), ("product", None), _connector="OR"),
                        name="blackout_one_scope",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpecialHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                ("slot_minutes", models.PositiveSmallIntegerField()),
                ("capacity", models.PositiveSmallIntegerField()),
                ("max_pieces", models.PositiveIntegerField(blank=True, null=True)),
                ("max_oven_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("max_decorator_minutes", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "special",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="inventory.specialday",
                    ),
                ),
            ],
            options={
                "ordering": ["opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closes__gt", models.F("opens")),
                            ("slot_minutes__gte", 5),
                            ("capacity__gte", 1),
                        ),
                        name="special_hours_sane",
                    ),
                    models.UniqueConstraint(fields=("special", "opens"), name="special_hours_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WeekHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                ("slot_minutes", models.PositiveSmallIntegerField()),
                ("capacity", models.PositiveSmallIntegerField()),
                ("max_pieces", models.PositiveIntegerField(blank=True, null=True)),
                ("max_oven_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("max_decorator_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("weekday", models.PositiveSmallIntegerField()),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="inventory.weekplan",
                    ),
                ),
            ],
            options={
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closes__gt", models.F("opens")),
                            ("slot_minutes__gte", 5),
                            ("capacity__gte", 1),
                        ),
                        name="week_hours_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="week_hours_weekday"
                    ),
                    models.UniqueConstraint(
                        fields=("plan", "weekday", "opens"), name="week_hours_once"
                    ),
                ],
            },
        ),
    ]
