-- What one bakery database needs besides its tables; run as superuser inside it, any number of
-- times. The roles bakery_owner (migrations) and bakery_app (run time) exist already.

CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

-- The run-time role reads and writes rows and changes no structure. Append-only tables are cut
-- down further by `manage.py harden_database`, after each migration.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO bakery_app;
GRANT USAGE, CREATE ON SCHEMA public TO bakery_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE bakery_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO bakery_app;
ALTER DEFAULT PRIVILEGES FOR ROLE bakery_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO bakery_app;
