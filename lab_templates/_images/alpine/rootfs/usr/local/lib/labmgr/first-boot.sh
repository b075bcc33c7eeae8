# For first-boot steps in sh, which source it: `. /usr/local/lib/labmgr/first-boot.sh`.
FIRST_BOOT=/etc/labmgr/first-boot

# The login, or the password, of one credential; a missing or empty one is an error. `set -e`
# sees that error only where the answer goes straight into a variable: `secret=$(password ID)`.
login() { _credential "$1" login; }
password() { _credential "$1" password; }

_credential() {
    [ -s "$FIRST_BOOT/credentials/$1/$2" ] || { echo "credential $1 has no $2" >&2; return 1; }
    cat "$FIRST_BOOT/credentials/$1/$2"
}
