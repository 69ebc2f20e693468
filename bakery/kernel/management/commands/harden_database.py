"""`manage.py harden_database`: take from the run-time role what it must never do."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from bakery.kernel.append_only import AppendOnly

_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
)


class Command(BaseCommand):
    """Grant the run-time role ordinary rights and revoke rewriting of append-only tables.

    Run as the owner of the tables, after each migrate.
    """

    help = "Grant the run-time role its rights and protect append-only tables from it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role's name."""
        parser.add_argument("--role", default="bakery_app")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply grants; a role that does not exist is an error of its own, said plainly."""
        role = sql.Identifier(options["role"])
        # In one transaction: nobody sees the moment between the grant and the revocation.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [options["role"]])
            if cursor.fetchone() is None:
                raise CommandError(f"there is no role {options['role']}")
            for statement in _GRANTS:
                cursor.execute(sql.SQL(statement).format(role))
            # Also tables whose model has another base: the trigger is what makes a ledger.
            cursor.execute("SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                           " WHERE tgname = relname || '_no_rewrite'")  # fmt: skip
            tables = {table for (table,) in cursor.fetchall()} | {
                model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly)
            }
            for table in sorted(tables):
                cursor.execute(
                    sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                        sql.Identifier(table), role
                    )
                )
        self.stdout.write(f"{len(tables)} append-only tables protected")
