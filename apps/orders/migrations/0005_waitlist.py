import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("orders", "0004_delivery"),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("day", models.DateField()),
                ("slot_id", models.BigIntegerField(null=True)),
                ("cart_id", models.UUIDField()),
                ("email", models.EmailField(max_length=254)),
                ("quantities", models.JSONField(default=dict)),
                ("pieces", models.PositiveIntegerField(default=0)),
                ("oven_minutes", models.PositiveIntegerField(default=0)),
                ("decorator_minutes", models.PositiveIntegerField(default=0)),
                ("lead_hours", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("offered", "has an offer"),
                            ("accepted", "ordered"),
                            ("expired", "did not come to it"),
                            ("left", "left the line"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("joined_at", models.DateTimeField()),
                ("slot_offered", models.BigIntegerField(null=True)),
                ("offered_at", models.DateTimeField(null=True)),
                ("offer_until", models.DateTimeField(null=True)),
                ("order_number", models.CharField(blank=True, max_length=20)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "place in the line",
                "verbose_name_plural": "waiting list",
            },
        ),
        migrations.CreateModel(
            name="WaitTransition",
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
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transitions",
                        to="orders.waitentry",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="waitentry",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["day", "id"], name="wait_line"
            ),
        ),
        migrations.AddIndex(
            model_name="waitentry",
            index=models.Index(
                condition=models.Q(("state", "offered")), fields=["offer_until"], name="wait_offer"
            ),
        ),
        migrations.AddIndex(
            model_name="waitentry",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)),
                fields=["ended_at"],
                name="wait_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "offered"])),
                fields=("email", "day", "slot_id"),
                name="wait_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="waitentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "offered"), _negated=True),
                    models.Q(("offer_until__isnull", False), ("slot_offered__isnull", False)),
                    _connector="OR",
                ),
                name="wait_offer_is_whole",
            ),
        ),
    ]
