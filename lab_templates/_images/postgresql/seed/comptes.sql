-- The names are those of the template's credentials. No password yet: nobody comes in with scram.
CREATE ROLE admin LOGIN CREATEDB CREATEROLE;
CREATE ROLE application LOGIN;
CREATE ROLE etudiant LOGIN;
CREATE ROLE labmgr LOGIN CONNECTION LIMIT 10;

CREATE DATABASE boutique OWNER admin;
REVOKE ALL ON DATABASE boutique FROM PUBLIC;
GRANT CONNECT ON DATABASE boutique TO application, labmgr;
GRANT ALL ON DATABASE boutique TO etudiant;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO admin;
