"""Pictures of products, with their private originals, and leave to upload them."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_sizes_in_full")]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("original_key", models.CharField(max_length=200, unique=True)),
                ("original_type", models.CharField(max_length=20)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("renditions", models.JSONField(default=dict)),
                (
                    "shown",
                    models.CharField(
                        choices=[
                            ("original", "The picture as it was taken"),
                            ("cutout", "The picture without its background"),
                        ],
                        default="original",
                        max_length=12,
                    ),
                ),
                ("shown_renditions", models.JSONField(default=dict)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="catalog.product",
                    ),
                ),
            ],
            options={"ordering": ["position", "created_at", "pk"]},
        ),
        migrations.CreateModel(
            name="PictureUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("content_type", models.CharField(max_length=20)),
                ("bytes", models.PositiveIntegerField()),
                ("actor", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "picture",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="upload",
                        to="catalog.picture",
                    ),
                ),
            ],
            options={"ordering": ["created_at", "pk"]},
        ),
        migrations.AddIndex(
            model_name="picture",
            index=models.Index(
                fields=["product", "position", "created_at", "id"], name="picture_of_product"
            ),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.CheckConstraint(
                condition=models.Q(("shown__in", ["original", "cutout"])), name="picture_shown"
            ),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.CheckConstraint(
                condition=models.Q(("width__gte", 1), ("height__gte", 1)),
                name="picture_has_pixels",
            ),
        ),
        migrations.AddIndex(
            model_name="pictureupload",
            index=models.Index(fields=["expires_at"], name="picture_upload_expiry"),
        ),
    ]
