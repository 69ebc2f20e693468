import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_credits"),
    ]

    operations = [
        migrations.CreateModel(
            name="DepositRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True),
                ),
                ("minimum_total", models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                ("minimum_lead_days", models.PositiveSmallIntegerField(default=0)),
                ("category_ids", models.JSONField(blank=True, default=list)),
                ("product_ids", models.JSONField(blank=True, default=list)),
                ("balance_days", models.PositiveSmallIntegerField()),
                ("kept_percent", models.DecimalField(decimal_places=2, default=100, max_digits=5)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.RemoveIndex(
            model_name="order",
            name="order_balance_due",
        ),
        migrations.AddField(
            model_name="order",
            name="balance_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="deposit_kept",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddField(
            model_name="order",
            name="deposit_paid_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="deposit_total",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AlterField(
            model_name="order",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending_payment", "waiting for payment"),
                    ("deposit_paid", "deposit paid"),
                    ("balance_due", "balance due"),
                    ("paid", "paid"),
                    ("in_production", "in production"),
                    ("ready", "ready"),
                    ("out_for_delivery", "out for delivery"),
                    ("collected", "collected"),
                    ("no_show", "not picked up"),
                    ("cancelled", "cancelled"),
                    ("expired", "expired"),
                    ("payment_mismatch", "payment under review"),
                    ("paid_unfulfillable", "paid too late, to be refunded"),
                ],
                default="pending_payment",
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "deposit_paid",
                            "balance_due",
                            "paid",
                            "in_production",
                            "ready",
                            "out_for_delivery",
                        ),
                    ),
                    (
                        "total__gt",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("credited_total"), "+", models.F("gift_card_total")
                                ),
                                "+",
                                models.F("paid_total"),
                            ),
                            "-",
                            models.F("refunded_total"),
                        ),
                    ),
                ),
                fields=["pickup_starts_at"],
                name="order_balance_due",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "deposit_paid")),
                fields=["balance_due_at"],
                name="order_balance_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("balance_due_at", None), ("deposit_kept", 0), ("deposit_total", 0)),
                    models.Q(
                        ("balance_due_at__isnull", False),
                        ("deposit_kept__gte", 0),
                        ("deposit_kept__lte", models.F("deposit_total")),
                        ("deposit_total__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="order_deposit",
            ),
        ),
        migrations.AddConstraint(
            model_name="depositrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount", None), ("percent__gt", 0), ("percent__lt", 100)),
                    models.Q(("amount__gt", 0), ("percent", None)),
                    _connector="OR",
                ),
                name="deposit_rule_size",
            ),
        ),
        migrations.AddConstraint(
            model_name="depositrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kept_percent__gte", 0), ("kept_percent__lte", 100), ("minimum_total__gte", 0)
                ),
                name="deposit_rule_numbers",
            ),
        ),
        migrations.AddConstraint(
            model_name="depositrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="deposit_rule_days",
            ),
        ),
    ]
