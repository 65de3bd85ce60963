-- Makes the two roles and the database: the owner's role migrates, the application's role reads and writes rows.
-- Neither is a superuser. May run again at any time; it then sets the passwords anew and changes nothing else.
--
--   NPS_OWNER_PASSWORD=… NPS_APP_PASSWORD=… psql -d postgres -v database=nps -f nps_app/local/roles.sql
--
-- Run it as a superuser (or a role that may create roles and databases).

\set ON_ERROR_STOP on
\getenv owner_password NPS_OWNER_PASSWORD
\getenv app_password NPS_APP_PASSWORD
SET client_min_messages = warning;

SELECT 'CREATE ROLE nps_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nps_owner') \gexec
SELECT 'CREATE ROLE nps_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nps_app') \gexec
ALTER ROLE nps_owner LOGIN NOSUPERUSER NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE nps_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'app_password';

SELECT format('CREATE DATABASE %I OWNER nps_owner', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', :'database')
 WHERE :'database' <> 'template1' \gexec
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO nps_app;

\connect :"database"
SET client_min_messages = warning;
GRANT USAGE ON SCHEMA public TO nps_app;
GRANT USAGE, CREATE ON SCHEMA public TO nps_owner;

-- What the owner makes from now on, the application may use.
ALTER DEFAULT PRIVILEGES FOR ROLE nps_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO nps_app;
ALTER DEFAULT PRIVILEGES FOR ROLE nps_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO nps_app;

-- What the owner made before (a database that was restored, or migrated before the roles were split).
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO nps_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO nps_app;
