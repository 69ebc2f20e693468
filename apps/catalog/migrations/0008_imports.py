"""Files of the range that were sent to be imported."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_servings")]

    operations = [
        migrations.CreateModel(
            name="RangeImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("actor", models.CharField(max_length=200)),
                ("file_name", models.CharField(max_length=200)),
                ("file_format", models.CharField(max_length=10)),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("fingerprint", models.CharField(max_length=64)),
                ("report", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at", "pk"],
                "permissions": [("import_products", "Can import and export the whole range")],
                "default_permissions": (),
            },
        ),
    ]
