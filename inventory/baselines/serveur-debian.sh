#!/bin/sh
# Remet un serveur Debian à son point de départ pour le candidat qui vient (exemple).
# labmgr y est root. Un dollar du shell s'écrit deux fois ; docs/howto/preparer-les-serveurs.md.
set -eu

# Ce que le candidat d'avant a laissé : ses programmes, son compte, son dossier.
if id '${LOGIN_ADMIN}' >/dev/null 2>&1; then
    pkill -KILL -u '${LOGIN_ADMIN}' || true
    userdel --remove '${LOGIN_ADMIN}' 2>/dev/null
fi
rm -rf /srv/labo

# Le compte du candidat qui vient, et son dossier.
useradd --create-home --shell /bin/bash '${LOGIN_ADMIN}'
echo '${LOGIN_ADMIN}:${PASSWORD_ADMIN}' | chpasswd
install -d -o '${LOGIN_ADMIN}' -m 0750 /srv/labo
echo "prêt pour le candidat ${CANDIDATE_NO}, le $$(date --iso-8601=seconds)"
