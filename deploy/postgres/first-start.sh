#!/bin/sh
# Run once by the PostgreSQL image, when its volume is new: the two roles and the structure.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres --dbname bakery \
    -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE bakery_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE bakery_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
ALTER DATABASE bakery OWNER TO bakery_owner;
SQL
psql -v ON_ERROR_STOP=1 --username postgres --dbname bakery \
    --file "${STRUCTURE:-/docker-entrypoint-initdb.d/database.sql.in}"
