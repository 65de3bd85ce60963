#!/bin/sh
# Runs once, when the postgres container makes its cluster: the two roles and the database.
set -eu
NPS_OWNER_PASSWORD="$(cat /run/secrets/owner_password)"
NPS_APP_PASSWORD="$(cat /run/secrets/app_password)"
export NPS_OWNER_PASSWORD NPS_APP_PASSWORD
exec psql --username "$POSTGRES_USER" --dbname postgres -v database=nps -f /roles.sql
