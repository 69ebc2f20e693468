import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# Rows that hold who somebody is must be able to forget it, so the plain guard of ledgers is
# replaced by one that knows what may go once the customer of an order was erased: whole rows, or
# named columns. A cart's event may lose its user and nothing else. Names differ from a ledger's,
# whose tables the run-time role may not touch at all.
# table -> (column with the order, what may change then: "delete" or columns)
_ERASABLE = {
    "orders_boardevent": ("order_id", "delete"),
    "orders_ordernote": ("order_id", "delete"),
    "orders_orderpicture": ("order_id", "caption"),
    "orders_ordertransition": ("subject_id", "reason"),
    "orders_orderedit": ("order_id", "before,after,changes,reason"),
}
_FUNCTIONS = """
CREATE FUNCTION orders_cartevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.user_id IS NULL
       AND (to_jsonb(NEW) - 'user_id') = (to_jsonb(OLD) - 'user_id') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'table orders_cartevent is append-only: UPDATE refused'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION orders_keep_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_order
        WHERE id = (to_jsonb(OLD) ->> TG_ARGV[0])::bigint AND erased_at IS NOT NULL
    ) THEN
        IF TG_OP = 'DELETE' AND TG_ARGV[1] = 'delete' THEN
            RETURN OLD;
        ELSIF TG_OP = 'UPDATE' AND TG_ARGV[1] <> 'delete'
            AND (to_jsonb(NEW) - string_to_array(TG_ARGV[1], ','))
              = (to_jsonb(OLD) - string_to_array(TG_ARGV[1], ',')) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""
_CART_EVENTS = """
DROP TRIGGER IF EXISTS orders_cartevent_no_rewrite ON orders_cartevent;
DROP TRIGGER IF EXISTS orders_cartevent_no_truncate ON orders_cartevent;
CREATE TRIGGER orders_cartevent_keep BEFORE UPDATE ON orders_cartevent
    FOR EACH ROW EXECUTE FUNCTION orders_cartevent_keep();
"""
_CART_EVENTS_BACK = """
DROP TRIGGER IF EXISTS orders_cartevent_keep ON orders_cartevent;
CREATE TRIGGER orders_cartevent_no_rewrite BEFORE UPDATE OR DELETE ON orders_cartevent
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER orders_cartevent_no_truncate BEFORE TRUNCATE ON orders_cartevent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
"""
_NO_FUNCTIONS = """
DROP FUNCTION IF EXISTS orders_cartevent_keep();
DROP FUNCTION IF EXISTS orders_keep_unless_erased();
"""


def _guard(table: str, order: str, allowed: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
        DROP TRIGGER IF EXISTS {table}_no_rewrite ON {table};
        CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION orders_keep_unless_erased('{order}', '{allowed}');
        """,
        reverse_sql=f"""
        DROP TRIGGER IF EXISTS {table}_keep ON {table};
        CREATE TRIGGER {table}_no_rewrite BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_edits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MailboxClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="mailbox_claim_age")],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="erased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                django.db.models.functions.text.Lower("customer_email"),
                condition=models.Q(("user", None)),
                name="order_guest_mailbox",
            ),
        ),
        migrations.RunSQL(sql=_FUNCTIONS, reverse_sql=_NO_FUNCTIONS),
        migrations.RunSQL(sql=_CART_EVENTS, reverse_sql=_CART_EVENTS_BACK),
        *(_guard(table, *what) for table, what in _ERASABLE.items()),
    ]
