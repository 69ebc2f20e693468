import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_kitchen")]

    operations = [
        migrations.CreateModel(
            name="OrderEdit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                (
                    "before",
                    models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "after",
                    models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("changes", models.JSONField(default=list)),
                ("delta", models.DecimalField(decimal_places=2, max_digits=10)),
                ("owed", models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ("actor", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edits",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["order", "revision"],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "revision"), name="order_edit_once"),
                    models.CheckConstraint(
                        condition=models.Q(("revision__gt", 0)), name="order_edit_revision"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owed__gte", 0)), name="order_edit_owed"
                    ),
                ],
            },
        ),
        forbid_rewrite("orders_orderedit"),
    ]
