import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_refunds_of_edits")]

    operations = [
        migrations.AlterField(
            model_name="refundrequest",
            name="payment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_requests",
                to="payments.payment",
            ),
        ),
        migrations.AlterField(
            model_name="refundrequest",
            name="reason",
            field=models.CharField(
                choices=[
                    ("late_payment", "paid too late, goods gone"),
                    ("mismatch", "amount or currency differs from the order"),
                    ("second_payment", "the order was paid before"),
                    ("order_cancelled", "the order was cancelled"),
                    ("order_edited", "the order was changed and costs less"),
                    ("order_expired", "the order lapsed with a part of it paid"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.UniqueConstraint(
                condition=Q(("payment", None)),
                fields=("order", "reason", "reference"),
                name="refund_request_by_hand_once",
            ),
        ),
    ]
