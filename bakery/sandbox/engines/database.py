"""Roles, the database and its extensions: what a database administrator does once."""

from pathlib import Path

import psycopg
from psycopg import sql

from bakery.sandbox.engines.postgres import PostgresEngine

OWNER, APP = "bakery_owner", "bakery_app"
_STRUCTURE = Path(__file__).resolve().parents[3] / "deploy" / "postgres" / "database.sql"


def ensure_role(connection: psycopg.Connection, *, name: str, password: str) -> None:
    """Create the login role ``name`` or give the existing one ``password``."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            verb, sql.Identifier(name), sql.Literal(password)
        )
    )


def ensure_database(connection: psycopg.Connection, *, name: str) -> None:
    """Create the database ``name`` for the owner role when it is not there."""
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not known:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )


def prepare_database(
    engine: PostgresEngine, *, name: str, owner_password: str, app_password: str
) -> None:
    """Make database ``name`` ready for migrations: roles, extensions, default privileges."""
    with engine.connect() as connection:
        ensure_role(connection, name=OWNER, password=owner_password)
        ensure_role(connection, name=APP, password=app_password)
        ensure_database(connection, name=name)
    with engine.connect(name) as connection:
        connection.execute(_STRUCTURE.read_bytes())
