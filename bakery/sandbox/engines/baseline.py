"""Putting a test database back to what migrations left, in one round trip.

Django's flush truncates. Append-only tables refuse that, rows that migrations inserted would be
lost, and the permissions of all models would be written anew each time. So the template database
carries a copy of its first rows in the schema ``baseline`` and a function that deletes what tests
added, with triggers off, and puts those rows back. It runs with the rights of the superuser who
made it, which only the throw-away server of a test run has.
"""

import psycopg
from psycopg import sql

# Tests never change these, and rewriting them would cost most of the time.
UNTOUCHED = ("django_migrations", "django_content_type", "auth_permission")
_FUNCTION = """
CREATE FUNCTION baseline.restore() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public
SET session_replication_role = replica
SET lock_timeout = '10s'
SET statement_timeout = '60s'
AS $$
DECLARE
    name text;
    names text;
    used boolean;
    emptied integer := 0;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND c.relname <> ALL (%(untouched)s) AND pg_relation_size(c.oid) > 0
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%%I)', name) INTO used;
        IF used THEN
            EXECUTE format('DELETE FROM public.%%I', name);
            emptied := emptied + 1;
        END IF;
    END LOOP;
    FOR name, names IN
        SELECT c.relname, string_agg(quote_ident(a.attname), ', ')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'baseline'::regnamespace AND c.relkind = 'r'
        GROUP BY c.relname
    LOOP
        EXECUTE format('INSERT INTO public.%%1$I (%%2$s) OVERRIDING SYSTEM VALUE'
                       ' SELECT %%2$s FROM baseline.%%1$I', name, names);
    END LOOP;
    RETURN emptied;
END
$$
"""


def record_baseline(connection: psycopg.Connection) -> list[str]:
    """Copy every filled table of ``public`` and create the restoring function; return the names."""
    connection.execute("CREATE SCHEMA baseline")
    connection.execute("GRANT USAGE ON SCHEMA baseline TO PUBLIC")
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind = 'r' AND c.relname <> ALL (%s) ORDER BY 1",
        [list(UNTOUCHED)],
    ).fetchall()
    filled = [name for (name,) in tables if _has_rows(connection, name)]
    for name in filled:
        connection.execute(
            sql.SQL("CREATE TABLE baseline.{0} AS SELECT {1} FROM public.{0}").format(
                sql.Identifier(name), sql.SQL(", ").join(_stored_columns(connection, name))
            )
        )
    literal = sql.Literal(list(UNTOUCHED)).as_string(connection)
    connection.execute((_FUNCTION % {"untouched": literal}).encode())
    return filled


def _has_rows(connection: psycopg.Connection, table: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM public.{})").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _stored_columns(connection: psycopg.Connection, table: str) -> list[sql.Identifier]:
    """Name the columns that can be written; PostgreSQL computes the others itself."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = format('public.%%I', %s::text)::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    ).fetchall()
    return [sql.Identifier(name) for (name,) in rows]
