import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0009_published_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Promotion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("buy_x_get_y", "buy some, get some"),
                            ("free_item", "free item"),
                            ("percentage", "percentage off"),
                            ("amount", "amount off"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=2, default=100, max_digits=10)),
                ("buy_quantity", models.PositiveSmallIntegerField(default=1)),
                ("get_quantity", models.PositiveSmallIntegerField(default=1)),
                (
                    "threshold",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True),
                ),
                (
                    "threshold_basis",
                    models.CharField(
                        choices=[
                            ("before", "prices before any discount"),
                            ("after", "prices after the discounts applied before it"),
                        ],
                        default="before",
                        max_length=10,
                    ),
                ),
                ("needs_code", models.BooleanField(default=False)),
                ("exclusive", models.BooleanField(default=False)),
                ("priority", models.SmallIntegerField(default=0)),
                ("first_order_only", models.BooleanField(default=False)),
                ("per_customer_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("max_uses", models.PositiveIntegerField(blank=True, null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "categories",
                    models.ManyToManyField(blank=True, related_name="+", to="catalog.category"),
                ),
                (
                    "gifts",
                    models.ManyToManyField(blank=True, related_name="+", to="catalog.product"),
                ),
                (
                    "products",
                    models.ManyToManyField(blank=True, related_name="+", to="catalog.product"),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CustomerUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer", models.CharField(max_length=40)),
                ("used", models.PositiveIntegerField(default=0)),
                ("most", models.PositiveIntegerField(null=True)),
                (
                    "promotion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.promotion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Coupon",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True)),
                ("max_uses", models.PositiveIntegerField(blank=True, null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                ("mailbox", models.CharField(blank=True, max_length=40)),
                ("batch", models.CharField(blank=True, max_length=60)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "promotion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupons",
                        to="loyalty.promotion",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("code", models.CharField(blank=True, max_length=30)),
                ("label", models.CharField(max_length=120)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10)),
                ("customers", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved"),
                            ("consumed", "used"),
                            ("released", "given back"),
                        ],
                        default="reserved",
                        max_length=20,
                    ),
                ),
                ("is_dropped", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "coupon",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="loyalty.coupon",
                    ),
                ),
                (
                    "promotion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="loyalty.promotion",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="RedemptionTransition",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="loyalty.redemption",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=models.Index(
                condition=models.Q(("is_active", True), ("needs_code", False)),
                fields=["id"],
                name="promotion_automatic",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["buy_x_get_y", "free_item", "percentage", "amount"])
                ),
                name="promotion_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold_basis__in", ["before", "after"])),
                name="promotion_basis",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("value__gt", 0),
                    models.Q(("kind", "amount"), ("value__lte", 100), _connector="OR"),
                ),
                name="promotion_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("buy_quantity__gte", 1), ("get_quantity__gte", 1)),
                name="promotion_quantities",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    models.Q(
                        ("max_uses", None), ("used__lte", models.F("max_uses")), _connector="OR"
                    ),
                ),
                name="promotion_used_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("per_customer_limit", None), ("per_customer_limit__gte", 1), _connector="OR"
                ),
                name="promotion_customer_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at", None),
                    ("ends_at", None),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="promotion_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="customeruse",
            constraint=models.UniqueConstraint(
                fields=("promotion", "customer"), name="customer_use_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customeruse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    models.Q(("most", None), ("used__lte", models.F("most")), _connector="OR"),
                ),
                name="customer_use_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    models.Q(
                        ("max_uses", None), ("used__lte", models.F("max_uses")), _connector="OR"
                    ),
                ),
                name="coupon_used_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[0-9A-Z]+$")), name="coupon_code"
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("code", ""), _negated=True),
                fields=["code"],
                name="redemption_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.UniqueConstraint(
                fields=("reference", "promotion"), name="redemption_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["reserved", "consumed", "released"])),
                name="redemption_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="redemption_amount"
            ),
        ),
    ]
