# For first-boot steps in sh, which source it: `. /usr/local/lib/labmgr/first-boot.sh`.
FIRST_BOOT=/etc/labmgr/first-boot

# The login, or the password, of one credential. A missing file is an error.
login() { cat "$FIRST_BOOT/credentials/$1/login"; }
password() { cat "$FIRST_BOOT/credentials/$1/password"; }
