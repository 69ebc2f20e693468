"""Tables that only grow: refused in the database, not merely by convention."""

from django.db import migrations, models

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class AppendOnly(models.Model):
    """Base of ledger rows; `manage.py harden_database` takes UPDATE and DELETE from the role."""

    class Meta:
        abstract = True


def forbid_rewrite(table: str) -> migrations.RunSQL:
    """Return a migration operation that makes PostgreSQL refuse to change or drop rows."""
    return migrations.RunSQL(
        sql=f"""{_FUNCTION}
        CREATE TRIGGER {table}_no_rewrite BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
        """,
        reverse_sql=f"""
        DROP TRIGGER IF EXISTS {table}_no_rewrite ON {table};
        DROP TRIGGER IF EXISTS {table}_no_truncate ON {table};
        """,
    )
