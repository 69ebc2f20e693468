import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# Rows that hold who somebody is must be able to forget it, so the plain guard of ledgers is
# replaced: a cart's event may lose its user and nothing else; a board's event, which has the
# customer's name in it, may go once that customer was erased. Names differ from a ledger's, whose
# tables the run-time role may not touch at all.
_GUARDS = """
DROP TRIGGER IF EXISTS orders_cartevent_no_rewrite ON orders_cartevent;
DROP TRIGGER IF EXISTS orders_cartevent_no_truncate ON orders_cartevent;
DROP TRIGGER IF EXISTS orders_boardevent_no_rewrite ON orders_boardevent;

CREATE FUNCTION orders_cartevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.user_id IS NULL
       AND (to_jsonb(NEW) - 'user_id') = (to_jsonb(OLD) - 'user_id') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'table orders_cartevent is append-only: UPDATE refused'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_cartevent_keep BEFORE UPDATE ON orders_cartevent
    FOR EACH ROW EXECUTE FUNCTION orders_cartevent_keep();

CREATE FUNCTION orders_boardevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM orders_order WHERE id = OLD.order_id AND erased_at IS NOT NULL
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'table orders_boardevent is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_boardevent_keep BEFORE UPDATE OR DELETE ON orders_boardevent
    FOR EACH ROW EXECUTE FUNCTION orders_boardevent_keep();
"""
_NO_GUARDS = """
DROP TRIGGER IF EXISTS orders_cartevent_keep ON orders_cartevent;
DROP FUNCTION IF EXISTS orders_cartevent_keep();
DROP TRIGGER IF EXISTS orders_boardevent_keep ON orders_boardevent;
DROP FUNCTION IF EXISTS orders_boardevent_keep();
CREATE TRIGGER orders_cartevent_no_rewrite BEFORE UPDATE OR DELETE ON orders_cartevent
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER orders_cartevent_no_truncate BEFORE TRUNCATE ON orders_cartevent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER orders_boardevent_no_rewrite BEFORE UPDATE OR DELETE ON orders_boardevent
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


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
        migrations.RunSQL(sql=_GUARDS, reverse_sql=_NO_GUARDS),
    ]
