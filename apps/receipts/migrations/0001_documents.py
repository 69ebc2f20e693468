import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0012_credits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("receipt", "receipt"), ("credit_note", "credit note")],
                        max_length=20,
                    ),
                ),
                ("number", models.CharField(max_length=30, unique=True)),
                ("position", models.PositiveSmallIntegerField()),
                ("issued_at", models.DateTimeField()),
                ("issued_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("subtotal", models.DecimalField(decimal_places=2, max_digits=10)),
                ("tax_total", models.DecimalField(decimal_places=2, max_digits=10)),
                ("total", models.DecimalField(decimal_places=2, max_digits=10)),
                ("taxes", models.JSONField(default=list)),
                ("content", models.JSONField()),
                ("is_complete", models.BooleanField(default=True)),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="receipts.document",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("view_erased", "Can see who bought on receipts of erased customers")
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("size", models.PositiveIntegerField()),
                ("signer", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
                ("timestamped_at", models.DateTimeField(null=True)),
                ("kept_until", models.DateField()),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seal",
                        to="receipts.document",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("receipt", "receipt"), ("credit_note", "credit note")],
                        max_length=20,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "year"), name="series_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["-issued_at", "-id"], name="document_newest"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("is_complete", False)),
                fields=["-issued_at", "-id"],
                name="document_incomplete",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="document_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            models.F("subtotal"), "+", models.F("tax_total")
                        ),
                    )
                ),
                name="document_total",
            ),
        ),
        forbid_rewrite("receipts_document"),
        forbid_rewrite("receipts_seal"),
    ]
