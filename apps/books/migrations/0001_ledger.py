import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bakery.kernel.append_only import forbid_rewrite

# Looked at when the transaction commits, so that a journal and its entries may come one by one.
_BALANCED = """
CREATE OR REPLACE FUNCTION refuse_unbalanced_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    journal bigint;
BEGIN
    IF TG_TABLE_NAME = 'books_journal' THEN
        journal := NEW.id;
        IF NOT EXISTS (SELECT 1 FROM books_entry e WHERE e.journal_id = journal) THEN
            RAISE EXCEPTION 'journal % has no entries', journal USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        journal := NEW.journal_id;
    END IF;
    IF EXISTS (
        SELECT 1 FROM books_entry e WHERE e.journal_id = journal
        GROUP BY e.currency HAVING sum(e.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'journal % does not balance', journal USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER books_journal_has_entries AFTER INSERT ON books_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_journal();
CREATE CONSTRAINT TRIGGER books_entry_balances AFTER INSERT ON books_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_journal();
"""
_UNBALANCED = """
DROP TRIGGER IF EXISTS books_entry_balances ON books_entry;
DROP TRIGGER IF EXISTS books_journal_has_entries ON books_journal;
DROP FUNCTION IF EXISTS refuse_unbalanced_journal();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0013_deposits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset", "asset"),
                            ("liability", "liability"),
                            ("income", "income"),
                            ("expense", "expense"),
                        ],
                        max_length=20,
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Journal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=120, unique=True)),
                ("booked_on", models.DateField()),
                ("happened_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("text", models.CharField(max_length=200)),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "books",
                "permissions": [("export_books", "Can export the books")],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="books.account",
                    ),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="books.journal",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("facts", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("explained", "explained"), ("gone", "gone")],
                        default="open",
                        max_length=20,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("explanation", models.CharField(blank=True, max_length=500)),
                ("explained_by", models.CharField(blank=True, max_length=200)),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="orders.order",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("explain_difference", "Can own and explain differences")],
                "indexes": [models.Index(fields=["state", "found_at"], name="difference_state")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="difference_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PointsValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.DecimalField(decimal_places=6, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("since", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0)), name="points_value_amount"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="journal",
            index=models.Index(fields=["booked_on", "id"], name="journal_day"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["account", "journal"], name="entry_account"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="entry_amount"
            ),
        ),
        forbid_rewrite("books_journal"),
        forbid_rewrite("books_entry"),
        forbid_rewrite("books_pointsvalue"),
        migrations.RunSQL(sql=_BALANCED, reverse_sql=_UNBALANCED),
    ]
