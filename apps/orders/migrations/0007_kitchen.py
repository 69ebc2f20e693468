import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite

_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_published_at"), ("orders", "0006_counter")]

    operations = [
        migrations.CreateModel(
            name="Station",
            fields=[
                ("id", _ID.clone()),
                ("name", models.CharField(max_length=40, unique=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("everything", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField(editable=False)),
            ],
            options={"ordering": ["position", "name"]},
        ),
        migrations.CreateModel(
            name="StationScope",
            fields=[
                ("id", _ID.clone()),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scopes",
                        to="orders.station",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TicketPrint",
            fields=[
                ("id", _ID.clone()),
                (
                    "kind",
                    models.CharField(
                        choices=[("ticket", "ticket"), ("labels", "labels")], max_length=10
                    ),
                ),
                (
                    "mark",
                    models.CharField(
                        choices=[
                            ("first", "printed"),
                            ("reprint", "printed again"),
                            ("changed", "printed after a change"),
                        ],
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("station", models.CharField(blank=True, max_length=40)),
                ("printed_by", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prints",
                        to="orders.order",
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    ("acknowledged_at", None),
                    ("status__in", ("paid", "in_production", "ready", "out_for_delivery")),
                ),
                fields=["pickup_starts_at"],
                name="order_unseen",
            ),
        ),
        migrations.AddConstraint(
            model_name="stationscope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", None), ("product__isnull", False)),
                    models.Q(("category__isnull", False), ("product", None)),
                    _connector="OR",
                ),
                name="station_scope_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="stationscope",
            constraint=models.UniqueConstraint(
                fields=("station", "category"), name="station_category_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stationscope",
            constraint=models.UniqueConstraint(
                fields=("station", "product"), name="station_product_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketprint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("mark", "reprint"), _negated=True),
                fields=("order", "kind", "station", "revision"),
                name="ticket_print_first_once",
            ),
        ),
        forbid_rewrite("orders_ticketprint"),
    ]
