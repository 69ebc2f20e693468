"""Accounts of points, their lots and ledger, and invitations."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0001_promotions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PointsAccount",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="points_account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("balance", models.IntegerField(default=0)),
                ("debt", models.IntegerField(default=0)),
            ],
            options={
                "permissions": [("adjust_points", "Can give and take points")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("balance__gte", 0)), name="points_balance"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("debt__gte", 0)), name="points_debt"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("balance", 0), ("debt", 0), _connector="OR"),
                        name="points_debt_first",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PointsLot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("earned", "earned"),
                            ("referral", "referral"),
                            ("adjusted", "given by staff"),
                            ("grace", "returned after its expiry"),
                        ],
                        max_length=10,
                    ),
                ),
                ("ref", models.CharField(max_length=120)),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True),
                ),
                (
                    "rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True),
                ),
                ("points", models.PositiveIntegerField()),
                ("remaining", models.IntegerField(default=0)),
                ("expired", models.PositiveIntegerField(default=0)),
                ("taken_back", models.PositiveIntegerField(default=0)),
                ("earned_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("warned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lots",
                        to="loyalty.pointsaccount",
                    ),
                ),
            ],
            options={
                "ordering": ["expires_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PointsUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=100, unique=True)),
                ("points", models.PositiveIntegerField()),
                ("amount", models.DecimalField(decimal_places=3, max_digits=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved"),
                            ("consumed", "used"),
                            ("released", "given back"),
                        ],
                        default="reserved",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("turn", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="loyalty.pointsaccount",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PointsMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("earn", "earned"),
                            ("referral", "referral"),
                            ("adjust", "adjusted by staff"),
                            ("reserve", "used for an order"),
                            ("release", "order not paid, returned"),
                            ("retake", "used for an order paid late"),
                            ("return", "order called off, returned"),
                            ("amend", "order changed, returned"),
                            ("grace", "moved to a lot with days of grace"),
                            ("expire", "expired"),
                            ("reverse", "taken back after a refund"),
                            ("repay", "settled what was owed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("delta", models.IntegerField(default=0)),
                ("delta_debt", models.IntegerField(default=0)),
                ("ref", models.CharField(max_length=120)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loyalty.pointsaccount",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loyalty.pointslot",
                    ),
                ),
                (
                    "use",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loyalty.pointsuse",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ReferralCode",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="referral_code",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("code", models.CharField(max_length=12, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waits for the first order"),
                            ("held", "held for review"),
                            ("refused", "refused"),
                            ("rewarded", "rewarded"),
                            ("reversed", "taken back after a refund"),
                        ],
                        default="pending",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("referrer_points", models.PositiveIntegerField()),
                ("referred_points", models.PositiveIntegerField()),
                ("mailbox_print", models.CharField(blank=True, max_length=16)),
                ("phone_print", models.CharField(blank=True, max_length=16)),
                ("address_print", models.CharField(blank=True, max_length=16)),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("claimed_at", models.DateTimeField()),
                ("rewarded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "referred",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referrer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("review_referral", "Can decide on referrals that were held or refused")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralTransition",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="history",
                        to="loyalty.referral",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="pointslot",
            index=models.Index(
                condition=models.Q(("remaining__gt", 0)),
                fields=["account", "expires_at"],
                name="points_lot_open",
            ),
        ),
        migrations.AddIndex(
            model_name="pointslot",
            index=models.Index(
                condition=models.Q(("remaining__gt", 0)),
                fields=["expires_at"],
                name="points_lot_ending",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointslot",
            constraint=models.UniqueConstraint(
                fields=("source", "ref", "account"), name="points_lot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pointslot",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["earned", "referral", "adjusted", "grace"])),
                name="lot_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointslot",
            constraint=models.CheckConstraint(
                condition=models.Q(("remaining__gte", 0), ("remaining__lte", models.F("points"))),
                name="points_lot_remaining",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointslot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expired__lte", models.F("points")), ("taken_back__lte", models.F("points"))
                ),
                name="points_lot_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["reserved", "consumed", "released"])),
                name="points_use_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="points_use_amount"
            ),
        ),
        migrations.AddIndex(
            model_name="pointsmove",
            index=models.Index(fields=["account", "-id"], name="points_move_newest"),
        ),
        migrations.AddConstraint(
            model_name="pointsmove",
            constraint=models.UniqueConstraint(
                fields=("account", "kind", "ref", "lot"),
                name="points_move_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "earn",
                            "referral",
                            "adjust",
                            "reserve",
                            "release",
                            "retake",
                            "return",
                            "amend",
                            "grace",
                            "expire",
                            "reverse",
                            "repay",
                        ],
                    )
                ),
                name="points_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delta", 0), _negated=True),
                    models.Q(("delta_debt", 0), _negated=True),
                    _connector="OR",
                ),
                name="points_move_moves",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["referrer", "claimed_at"], name="referral_of_referrer"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                fields=["address_print", "claimed_at"], name="referral_from_address"
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("mailbox_print", ""), _negated=True),
                fields=["mailbox_print"],
                name="referral_mailbox",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("phone_print", ""), _negated=True),
                fields=["phone_print"],
                name="referral_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["reference"],
                name="referral_sale",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("referrer", models.F("referred")), _negated=True),
                name="referral_of_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["pending", "held", "refused", "rewarded", "reversed"])
                ),
                name="referral_state",
            ),
        ),
        forbid_rewrite("loyalty_pointsmove"),
    ]
