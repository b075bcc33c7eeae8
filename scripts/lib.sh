# Shared by the launchers: each step says what it does, and stops with the reason and the mend.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
export LABMGR_HOME=${LABMGR_HOME:-$ROOT/.labmgr}
VENV=${LABMGR_VENV:-$ROOT/.venv}
unset LABMGR_VENV # no setting of the program's: it would be refused
ENGINE_STARTED=

say() { printf '== %s\n' "$*" >&2; }
stop() { printf 'error: %s\nhint:  %s\n' "$1" "$2" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

# A proxy that inspects traffic has its certificate in one of these already.
ca=${LABMGR_EXTRA_CA:-${PIP_CERT:-${SSL_CERT_FILE:-}}}
if [ -n "$ca" ] && [ -f "$ca" ]; then export LABMGR_EXTRA_CA=$ca; fi

need_packages() { # command:package …
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || [[ " ${missing[*]} " = *" ${pair#*:} "* ]] ||
      missing+=("${pair#*:}")
  done
  [ ${#missing[@]} = 0 ] && return 0
  is_root && command -v apt-get >/dev/null ||
    stop "missing: ${missing[*]}" "as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >/dev/null || stop "the packages could not be installed: ${missing[*]}" \
    "is the package mirror reachable? install them by hand and run this again"
}

engine() { # the one that labmgr itself will use
  local named=${LABMGR_ENGINE:-}
  [ -n "$named" ] || ! [ -f "$LABMGR_HOME/settings.toml" ] ||
    named=$(sed -n 's/^engine *= *"\([^"]*\)".*/\1/p' "$LABMGR_HOME/settings.toml")
  docker ${named:+-H "$named"} "$@"
}
engine_answers() { engine info >/dev/null 2>&1; }

why_no_engine() { # to somebody who is not root: what root has to do
  local me heard
  me=$(id -un)
  command -v docker >/dev/null || stop "there is no container engine" \
    "as root: apt-get install docker.io, then: usermod -aG docker $me, then log in again"
  heard=$(engine info 2>&1 || true) # which of the two outputs has it depends on the version
  if [[ $heard != *"permission denied"* ]]; then
    stop "the container engine does not answer" "as root: systemctl start docker"
  elif id -nG "$me" | grep -qw docker; then
    stop "$me is in the group docker, but not yet in this session" "log in again, or: newgrp docker"
  fi
  stop "the container engine does not answer to $me" \
    "as root: usermod -aG docker $me, then log in again (it is as good as root: no pupils there)"
}

forget_dead() { # name, file: a power cut leaves the number of a process that is another one now
  local number
  number=$(cat "$2" 2>/dev/null || true)
  [ -z "$number" ] || [ "$(cat "/proc/$number/comm" 2>/dev/null)" = "$1" ] || rm -f "$2"
}

need_engine() {
  if command -v docker >/dev/null && engine_answers; then
    say "container engine: running"
    return 0
  fi
  is_root || why_no_engine
  need_packages docker:docker.io dockerd:docker.io iptables:iptables
  # The engine only recommends it, but starts no container without where the kernel has AppArmor.
  ! grep -qs Y /sys/module/apparmor/parameters/enabled || need_packages apparmor_parser:apparmor
  say "starting the container engine"
  if [ -d /run/systemd/system ]; then
    systemctl start docker || stop "docker.service did not start" "journalctl -u docker"
  else
    mkdir -p "$LABMGR_HOME"
    forget_dead dockerd /var/run/docker.pid
    forget_dead containerd /var/run/docker/containerd/containerd.pid
    setsid dockerd >"$LABMGR_HOME/dockerd.log" 2>&1 </dev/null &
    ENGINE_STARTED=$!
  fi
  for _ in $(seq 60); do
    engine_answers && return 0
    sleep 0.5
  done
  stop "the container engine does not answer" "see $LABMGR_HOME/dockerd.log"
}

need_limits() {
  local now
  now=$(cat /proc/sys/fs/inotify/max_user_instances)
  [ "$now" -ge 8192 ] && return 0
  if is_root && { echo 8192 >/proc/sys/fs/inotify/max_user_instances; } 2>/dev/null; then
    say "raised fs.inotify.max_user_instances from $now to 8192"
    mkdir -p /etc/sysctl.d
    echo 'fs.inotify.max_user_instances = 8192' >/etc/sysctl.d/60-labmgr.conf
  else
    say "fs.inotify.max_user_instances is $now: about $((now / 5)) nodes will start. For more, as root:"
    say "  echo fs.inotify.max_user_instances=8192 >/etc/sysctl.d/60-labmgr.conf; sysctl --system"
  fi
}

need_python() { # requirements files …
  local python=${PYTHON:-python3} stamp
  command -v "$python" >/dev/null || need_packages python3:python3
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" -V) is too old" "Python 3.11 or later is wanted: set PYTHON=/path/to/python3.11"
  stamp=$(cat "$@" | sha256sum | cut -c1-16)
  if [ "$(cat "$VENV/.labmgr-$(basename "$1" .txt)-$#" 2>/dev/null)" = "$stamp" ]; then
    return 0
  fi
  say "making the Python environment in $VENV"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    is_root || stop "Python cannot make environments" "as root: apt-get install python3-venv"
    { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null ||
      stop "python3-venv could not be installed" "is the package mirror reachable?"
  fi
  [ -x "$VENV/bin/python" ] || "$python" -m venv "$VENV"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "${!#}" ||
    stop "the pinned requirements could not be installed" "is the package index reachable?"
  echo "$stamp" >"$VENV/.labmgr-$(basename "$1" .txt)-$#"
}

need_base_tools() { # none where the images were loaded from a file
  labmgr image check >/dev/null 2>&1 && return 0
  engine image inspect labmgr/debian:latest >/dev/null 2>&1 && return 0
  command -v mmdebstrap >/dev/null && return 0
  if is_root; then need_packages mmdebstrap:mmdebstrap; fi
}

labmgr() { "$VENV/bin/python" -m labmgr "$@"; }

may_be_service() { # options of `labmgr serve`: refused before anything is done
  local unseen
  is_root && [ -d /run/systemd/system ] ||
    stop "a service needs root and a running systemd" "run scripts/run at each start instead"
  unseen=$(compgen -e | grep -xE 'LABMGR_.*|DOCKER_HOST' | grep -vxE 'LABMGR_(HOME|EXTRA_CA)' || true)
  [ -z "$unseen" ] || stop "the service would not see $(echo $unseen)" \
    "write them into $LABMGR_HOME/settings.toml instead (DOCKER_HOST is called engine there)"
  [[ "$ROOT$LABMGR_HOME$VENV$*" != *[\"\'\`\\\$%@]* ]] ||
    stop "a service's folders and options hold none of \" ' \` \\ \$ % @" "move the project or LABMGR_HOME"
}

unit_text() { # options …
  local text code options=
  [ $# = 0 ] || options=$(printf ' "%s"' "$@")
  # Other code is another unit: that is how an update is noticed.
  code=$(find labmgr requirements.txt -type f ! -name '*.pyc' -print0 | sort -z |
    xargs -0 sha256sum | sha256sum | cut -c1-16)
  text=$(cat scripts/labmgr.service)
  text=${text//@CODE@/"$code"}
  text=${text//@ROOT@/"$ROOT"}
  text=${text//@HOME@/"$(realpath -m "$LABMGR_HOME")"}
  text=${text//@PYTHON@/"$VENV/bin/python"}
  printf '%s\n' "${text//@OPTIONS@/"$options"}"
}

be_service() { # options of `labmgr serve`; none: those that the service has
  local unit=/etc/systemd/system/labmgr.service verb=start said status=0 text
  [ $# != 0 ] || ! [ -f $unit ] || eval "set -- $(sed -n 's/^ExecStart=.* -m labmgr serve//p' $unit)"
  said=$(labmgr serve --check "$@" 2>&1) || status=$?
  [ $status != 2 ] || { printf '%s\n' "$said" >&2; exit 2; } # wrong options
  [ $status != 0 ] || systemctl is-active -q labmgr ||
    stop "labmgr runs already, outside the service" "end it (Ctrl-C), then run this again"
  text=$(unit_text "$@")
  if [ "$text" != "$(cat $unit 2>/dev/null)" ]; then
    verb=restart
    printf '%s\n' "$text" >$unit
    systemctl daemon-reload
  fi
  systemctl enable -q labmgr
  say "labmgr.service: $verb (serve $*)"
  systemctl $verb labmgr
  for _ in $(seq 30); do
    if said=$(labmgr serve --check "$@" 2>&1); then
      say "$said; it comes back by itself after a power cut"
      return 0
    fi
    sleep 1
  done
  journalctl -u labmgr -n 15 --no-pager >&2 || true
  stop "labmgr.service does not answer" "its last words are above; mend that and run this again"
}
