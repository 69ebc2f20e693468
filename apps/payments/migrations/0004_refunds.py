import django.db.models.deletion
import uuid
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_credits"),
        ("payments", "0003_refunds_by_hand"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="refundrequest",
            options={
                "permissions": [
                    ("approve_refund", "Can approve a refund"),
                    ("give_back_by_hand", "Can give approved refunds back at the counter"),
                ]
            },
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="decided_by",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="decision_note",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="explanation",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="failure",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="goods_back",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="lines",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="public_id",
            field=models.UUIDField(null=True, editable=False),
        ),
        migrations.RunSQL(
            "UPDATE payments_refundrequest SET public_id = gen_random_uuid()",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="refundrequest",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="lowered_by",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="may_keep",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="lowered_taxes",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="kept_taxes",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="way",
            field=models.CharField(
                choices=[
                    ("stripe", "to the card"),
                    ("by_hand", "at the counter"),
                    ("gift_card", "to the gift card"),
                ],
                default="stripe",
                max_length=20,
            ),
        ),
        migrations.RunSQL(
            "UPDATE payments_refundrequest SET way = 'by_hand' WHERE payment_id IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(
            model_name="refundrequest",
            name="refund_request_by_hand_once",
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("payment", None)),
                fields=("order", "reason", "reference", "way"),
                name="refund_request_by_hand_once",
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
                    ("goods", "something was wrong with the goods"),
                    ("goodwill", "goodwill"),
                    ("fraud_warning", "the bank warns of fraud"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="refundrequest",
            name="status",
            field=models.CharField(
                choices=[
                    ("awaiting_approval", "waiting for approval"),
                    ("approved", "approved, about to be given back"),
                    ("sent", "on its way"),
                    ("succeeded", "given back"),
                    ("failed", "did not go through"),
                    ("rejected", "rejected"),
                    ("withdrawn", "withdrawn"),
                ],
                default="awaiting_approval",
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="PaymentBalance",
            fields=[
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="given_back",
                        serialize=False,
                        to="payments.payment",
                    ),
                ),
                ("captured", models.DecimalField(decimal_places=2, max_digits=10)),
                ("refunding", models.DecimalField(decimal_places=2, default=0, max_digits=10)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refunding__gte", 0), ("refunding__lte", models.F("captured"))
                        ),
                        name="payment_balance_refunding",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("stripe", "to the card"),
                            ("by_hand", "at the counter"),
                            ("gift_card", "to the gift card"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "till",
                    models.CharField(
                        blank=True,
                        choices=[("cash", "cash"), ("terminal", "card terminal")],
                        max_length=10,
                    ),
                ),
                ("stripe_id", models.CharField(max_length=255, null=True, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10)),
                ("currency", models.CharField(max_length=3)),
                ("balance_transaction", models.CharField(blank=True, max_length=255)),
                ("given_by", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.order",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.payment",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.refundrequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefundReversal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("balance_transaction", models.CharField(blank=True, max_length=255)),
                ("recorded_at", models.DateTimeField()),
                (
                    "refund",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RefundTransition",
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
                        related_name="transitions",
                        to="payments.refundrequest",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["-recorded_at"], name="refund_newest"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("till__in", ["cash", "terminal"]), ("way", "by_hand")),
                    models.Q(models.Q(("way", "by_hand"), _negated=True), ("till", "")),
                    _connector="OR",
                ),
                name="refund_till",
            ),
        ),
        forbid_rewrite("payments_refund"),
        forbid_rewrite("payments_refundtransition"),
        forbid_rewrite("payments_refundreversal"),
    ]
