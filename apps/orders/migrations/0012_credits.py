import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0011_console"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SaleCredit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=120, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10)),
                ("tax", models.DecimalField(decimal_places=2, max_digits=10)),
                ("currency", models.CharField(max_length=3)),
                ("taxes", models.JSONField(default=list)),
                ("lines", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("credited_by", models.CharField(max_length=200)),
                ("credited_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="order",
            name="order_balance_due",
        ),
        migrations.AddField(
            model_name="order",
            name="credited_total",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ("paid", "in_production", "ready", "out_for_delivery")),
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
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("credited_total__gte", 0), ("credited_total__lte", models.F("total"))
                ),
                name="order_credited_total",
            ),
        ),
        migrations.AddField(
            model_name="salecredit",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credits",
                to="orders.order",
            ),
        ),
        migrations.AddConstraint(
            model_name="salecredit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0), ("tax__gte", 0), ("tax__lte", models.F("amount"))
                ),
                name="sale_credit_amount",
            ),
        ),
        forbid_rewrite("orders_salecredit"),
    ]
