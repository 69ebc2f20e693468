from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # The catalog's search brought the extension for trigrams.
    dependencies = [("orders", "0010_bake_plan"), ("catalog", "0009_published_at")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("customer_email"), name="gin_trgm_ops"),
                OpClass(Upper("customer_name"), name="gin_trgm_ops"),
                OpClass(Upper("customer_phone"), name="gin_trgm_ops"),
                name="order_search",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["pickup_starts_at"],
                condition=Q(
                    status__in=("paid", "in_production", "ready", "out_for_delivery"),
                    total__gt=F("gift_card_total") + F("paid_total") - F("refunded_total"),
                ),
                name="order_balance_due",
            ),
        ),
    ]
