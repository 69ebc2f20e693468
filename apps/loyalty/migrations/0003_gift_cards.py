"""Gift cards, what sales take from them, and their ledger."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0002_points"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GiftCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("last4", models.CharField(editable=False, max_length=4)),
                ("ref", models.CharField(editable=False, max_length=120, unique=True)),
                ("initial", models.DecimalField(decimal_places=3, max_digits=10)),
                ("balance", models.DecimalField(decimal_places=3, max_digits=10)),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("blocked", "blocked")],
                        default="active",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("recipient_email", models.EmailField(blank=True, max_length=254)),
                ("greeting", models.CharField(blank=True, max_length=300)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("issued_by", models.CharField(max_length=200)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gift_cards",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("issue_gift_card", "Can issue gift cards and store credit"),
                    ("block_gift_card", "Can block gift cards and free them"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GiftCardUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved"),
                            ("consumed", "used"),
                            ("released", "given back"),
                        ],
                        default="reserved",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("turn", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="loyalty.giftcard",
                    ),
                ),
            ],
            options={
                "ordering": ["card_id"],
            },
        ),
        migrations.CreateModel(
            name="GiftCardMove",
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
                        choices=[
                            ("issue", "issued"),
                            ("reserve", "used for an order"),
                            ("release", "order not paid, returned"),
                            ("retake", "used for an order paid late"),
                            ("return", "order called off, returned"),
                            ("amend", "order changed, returned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("delta", models.DecimalField(decimal_places=3, max_digits=10)),
                ("ref", models.CharField(max_length=120)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loyalty.giftcard",
                    ),
                ),
                (
                    "use",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loyalty.giftcarduse",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="giftcard",
            index=models.Index(
                condition=models.Q(("user__isnull", False)),
                fields=["user"],
                name="gift_card_of_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance__gte", 0), ("balance__lte", models.F("initial"))),
                name="gift_card_balance",
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("initial__gt", 0)), name="gift_card_initial"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "blocked"])), name="gift_card_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcarduse",
            constraint=models.UniqueConstraint(
                fields=("reference", "card"), name="gift_card_use_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcarduse",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="gift_card_use_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcarduse",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["reserved", "consumed", "released"])),
                name="gift_card_use_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcardmove",
            constraint=models.UniqueConstraint(
                fields=("kind", "ref", "card"), name="gift_card_move_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcardmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("delta", 0), _negated=True), name="gift_card_move_moves"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcardmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["issue", "reserve", "release", "retake", "return", "amend"])
                ),
                name="gift_card_kind",
            ),
        ),
        forbid_rewrite("loyalty_giftcardmove"),
    ]
