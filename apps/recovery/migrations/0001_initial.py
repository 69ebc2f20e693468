from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


FROM = datetime(2026, 1, 1, tzinfo=UTC)


def seed(apps: Any, schema_editor: Any) -> None:
    """Write what holds until the shop decides otherwise."""
    apps.get_model("recovery", "RecoveryPolicy").objects.create(
        valid_from=FROM,
        is_on=True,
        holdout_percent=Decimal(10),
        longest_hours=72,
        gap_hours=12,
        person_hours=48,
        text_hours=48,
        attribution_days=7,
        coupon_days=30,
        link_days=30,
        fewest_carts=100,
    )
    rule = apps.get_model("recovery", "RecoveryRule")
    for step, minutes, channel, wording in (
        (1, 60, "text", "cart_left"),
        (2, 24 * 60, "mail", "cart_last_call"),
    ):
        rule.objects.create(
            step=step, valid_from=FROM, delay_minutes=minutes, channel=channel, wording=wording
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("loyalty", "0003_gift_cards"),
        ("notifications", "0005_alerts"),
        ("orders", "0015_carts"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecoveryPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("is_on", models.BooleanField(default=True)),
                ("holdout_percent", models.DecimalField(decimal_places=2, max_digits=5)),
                ("longest_hours", models.PositiveSmallIntegerField()),
                ("gap_hours", models.PositiveSmallIntegerField()),
                ("person_hours", models.PositiveSmallIntegerField()),
                ("text_hours", models.PositiveSmallIntegerField()),
                ("attribution_days", models.PositiveSmallIntegerField()),
                ("coupon_days", models.PositiveSmallIntegerField()),
                ("link_days", models.PositiveSmallIntegerField()),
                ("fewest_carts", models.PositiveIntegerField()),
            ],
            options={
                "permissions": [
                    ("manage_recovery", "Can change when carts that were left are reminded of")
                ],
                "indexes": [
                    models.Index(fields=["-valid_from", "-id"], name="recovery_policy_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("holdout_percent__gte", 0), ("holdout_percent__lte", 50)
                        ),
                        name="recovery_policy_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text_hours__gte", 48)), name="recovery_policy_texts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveSmallIntegerField()),
                ("valid_from", models.DateTimeField()),
                ("delay_minutes", models.PositiveIntegerField()),
                (
                    "channel",
                    models.CharField(
                        choices=[("mail", "Mail"), ("text", "Text, else mail")], max_length=10
                    ),
                ),
                (
                    "wording",
                    models.CharField(
                        choices=[
                            ("cart_left", "You left something"),
                            ("cart_last_call", "Last reminder"),
                        ],
                        max_length=20,
                    ),
                ),
                ("coupon_valid_days", models.PositiveSmallIntegerField(default=7)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "promotion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.promotion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cart_id", models.UUIDField()),
                ("step", models.PositiveSmallIntegerField()),
                (
                    "arm",
                    models.CharField(
                        choices=[("reminded", "Reminded"), ("held_out", "Held out")], max_length=10
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("sms", "SMS"), ("email", "E-mail"), ("voice", "Call")],
                        max_length=10,
                    ),
                ),
                ("person", models.CharField(blank=True, max_length=40)),
                ("touched_at", models.DateTimeField()),
                ("planned_at", models.DateTimeField()),
                ("coupon_ends_at", models.DateTimeField(null=True)),
                ("clicked_at", models.DateTimeField(null=True)),
                ("restored_at", models.DateTimeField(null=True)),
                ("recovered_at", models.DateTimeField(null=True)),
                ("revenue", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "coupon",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.coupon",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notifications.message",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="recovery.recoveryrule",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "verbose_name": "reminder of a cart",
                "verbose_name_plural": "reminders of carts",
            },
        ),
        migrations.CreateModel(
            name="CartContact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=20)),
                ("language", models.CharField(default="en", max_length=5)),
                ("changed_at", models.DateTimeField()),
                (
                    "cart",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact",
                        to="orders.cart",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("email", ""), _negated=True),
                        fields=["email"],
                        name="cart_contact_email",
                    ),
                    models.Index(
                        condition=models.Q(("phone", ""), _negated=True),
                        fields=["phone"],
                        name="cart_contact_phone",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), ("phone", ""), _negated=True),
                        name="cart_contact_somewhere",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="recoveryrule",
            index=models.Index(fields=["step", "-valid_from", "-id"], name="recovery_rule_newest"),
        ),
        migrations.AddConstraint(
            model_name="recoveryrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__gte", 1), ("step__lte", 9)), name="recovery_rule_step"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("delay_minutes__gte", 1)), name="recovery_rule_delay"
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryattempt",
            index=models.Index(fields=["planned_at"], name="recovery_planned"),
        ),
        migrations.AddIndex(
            model_name="recoveryattempt",
            index=models.Index(
                condition=models.Q(("person", ""), _negated=True),
                fields=["person", "planned_at"],
                name="recovery_person",
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryattempt",
            index=models.Index(
                condition=models.Q(("coupon_ends_at__isnull", False)),
                fields=["coupon_ends_at"],
                name="recovery_coupon_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryattempt",
            constraint=models.UniqueConstraint(
                fields=("cart_id", "step"), name="recovery_attempt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("arm", "reminded"),
                    models.Q(("clicked_at", None), ("coupon", None), ("message", None)),
                    _connector="OR",
                ),
                name="recovery_held_out_untold",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order", None), ("recovered_at", None), ("revenue", None)),
                    models.Q(
                        ("order__isnull", False),
                        ("recovered_at__isnull", False),
                        ("revenue__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="recovery_attempt_outcome",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
        forbid_rewrite("recovery_recoverypolicy"),
        forbid_rewrite("recovery_recoveryrule"),
    ]
