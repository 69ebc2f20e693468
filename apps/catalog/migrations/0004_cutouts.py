"""Pictures freed of their background."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_pictures")]

    operations = [
        migrations.CreateModel(
            name="Cutout",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Being cut out"),
                            ("done", "Ready"),
                            ("flagged", "Look before using"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("run", models.PositiveIntegerField(default=1)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.UUIDField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("model", models.CharField(blank=True, max_length=60)),
                ("png_key", models.CharField(blank=True, max_length=200)),
                ("preview_key", models.CharField(blank=True, max_length=200)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("bytes", models.PositiveIntegerField(default=0)),
                ("score", models.FloatField(null=True)),
                ("measures", models.JSONField(default=dict)),
                ("reasons", models.JSONField(default=list)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("seconds", models.FloatField(null=True)),
                ("renditions", models.JSONField(default=dict)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("actor", models.CharField(max_length=200)),
                (
                    "picture",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cutout",
                        to="catalog.picture",
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="CutoutTransition",
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
                        related_name="history",
                        to="catalog.cutout",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="cutout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["queued", "running", "done", "flagged", "failed"])
                ),
                name="cutout_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="cutout",
            constraint=models.CheckConstraint(
                condition=models.Q(("claim__isnull", False), ("status", "running"))
                | models.Q(models.Q(("status", "running"), _negated=True), ("claim__isnull", True)),
                name="cutout_claimed_while_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="cutout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("done", "flagged")), _negated=True),
                    models.Q(models.Q(("png_key", ""), _negated=True), ("score__isnull", False)),
                    _connector="OR",
                ),
                name="cutout_result_is_complete",
            ),
        ),
    ]
