-- Server and web pages come in by the socket, as the system accounts they run as: no password.
DROP DATABASE IF EXISTS test;
ALTER USER root@localhost IDENTIFIED VIA unix_socket;
CREATE DATABASE zabbix CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER zabbix@localhost IDENTIFIED VIA unix_socket;
CREATE USER 'www-data'@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON zabbix.* TO zabbix@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON zabbix.* TO 'www-data'@localhost;
