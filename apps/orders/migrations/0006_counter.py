"""Orders taken and given away by staff: proof of who took them, notes and pictures."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_waitlist")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="handed_to",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="order",
            name="customer_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.CreateModel(
            name="OrderPicture",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("finished", "what was made"),
                            ("handed_over", "the hand-over"),
                            ("signature", "a signature"),
                        ],
                        max_length=12,
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("bytes", models.PositiveIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("caption", models.CharField(blank=True, max_length=200)),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("code", "with the pickup code"),
                            ("delivery", "brought"),
                            ("unproved", "without the code"),
                            ("at_once", "over the counter at once"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_over",
                        to="orders.order",
                    ),
                ),
                (
                    "photo",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderpicture",
                    ),
                ),
                (
                    "signature",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderpicture",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WrongPickupCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=2000)),
                ("on_ticket", models.BooleanField(default=False)),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="order_note_text"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="orderpicture",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["finished", "handed_over", "signature"])),
                name="order_picture_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("how", "unproved"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="hand_over_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="wrongpickupcode",
            index=models.Index(fields=["order", "at"], name="wrong_code_order"),
        ),
        forbid_rewrite("orders_orderpicture"),
        forbid_rewrite("orders_handover"),
        forbid_rewrite("orders_wrongpickupcode"),
        forbid_rewrite("orders_ordernote"),
    ]
