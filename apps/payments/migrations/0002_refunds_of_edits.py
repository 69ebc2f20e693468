from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("orders", "0003_sale")]

    operations = [
        migrations.RemoveConstraint(model_name="refundrequest", name="refund_request_once"),
        migrations.AddField(
            model_name="refundrequest",
            name="reference",
            field=models.CharField(blank=True, max_length=60),
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
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.UniqueConstraint(
                fields=("payment", "reason", "reference"), name="refund_request_once"
            ),
        ),
    ]
