#!/usr/bin/env bash
# Makes ready what `make run` or `make test` needs: Debian packages, .venv and the locked libraries.
# House rules: does nothing that is already done; installs only what is missing; says what it does, in
# French or English; stops with one sentence that names the cure.   Usage: config/setup.sh run|test|pi
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?run, test or pi}
lock=requirements.lock
[ "$kind" = run ] || lock=requirements-test.lock

say() {  # say FRENCH ENGLISH, in the reader's language; French unless English is asked for
    case "${INDIVIS_LANG:-${LC_ALL:-${LANG:-fr}}}" in en*) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac
}
stop() { say "$@" >&2; exit 1; }

exec 9>.setup.lock
flock 9  # two `make` at once take turns

# ── Debian packages ──────────────────────────────────────────────────────────────────────────────────

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}
have() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }

python=$(find_python)
missing=()
if [ -z "$python" ] || ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then missing+=(python3 python3-venv); fi
have mosquitto || missing+=(mosquitto)
have mosquitto_sub || missing+=(mosquitto-clients)
if [ "$kind" != run ]; then
    have chromium || have chromium-browser || missing+=(chromium)
    # What PDFs are made with (the extra `pdf`): a workshop installs them when it wants PDFs.
    there=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)
    for package in libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; do
        name=${package%0}
        [[ "$there" == *"${name%-}.so.0"* ]] || missing+=("$package")
    done
    [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
fi
if [ "$kind" = pi ]; then
    have qemu-system-aarch64 || missing+=(qemu-system-arm)
    have mmdebstrap || missing+=(mmdebstrap)
    have fdtput || missing+=(device-tree-compiler)
    have cpio || missing+=(cpio)
    have xz || missing+=(xz-utils)
fi

install_packages() {
    have apt-get || stop \
        "Il manque : ${missing[*]}. Indivis s'installe sur Debian 12, Debian 13 ou Raspberry Pi OS (apt-get est introuvable ici) : installez-les, puis relancez." \
        "Missing: ${missing[*]}. Indivis sets itself up on Debian 12, Debian 13 or Raspberry Pi OS (no apt-get here): install them, then run this again."
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || stop \
            "Il manque : ${missing[*]}. Les installer demande les droits d'administration : lancez « apt-get install ${missing[*]} » en root, puis relancez." \
            "Missing: ${missing[*]}. Installing them needs root and there is no sudo: run 'apt-get install ${missing[*]}' as root, then run this again."
        as_root=(sudo)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    say "Installation des paquets Debian : ${missing[*]} (une à trois minutes)…" \
        "Installing Debian packages: ${missing[*]} (one to three minutes)…"
    "${apt[@]}" update || say "La liste des paquets n'a pas pu être mise à jour ; essai avec l'ancienne." \
        "The package list could not be refreshed; trying with the one at hand."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null || stop \
        "apt-get n'a pas pu installer : ${missing[*]} (sa raison est juste au-dessus)." \
        "apt-get could not install: ${missing[*]} (its reason is just above)."
    # The package starts a broker on port 1883; Indivis starts its own where and when it needs one.
    if [[ " ${missing[*]} " == *" mosquitto "* && -d /run/systemd/system ]]; then
        "${as_root[@]}" systemctl disable --now --quiet mosquitto.service || true
    fi
}
if [ ${#missing[@]} -gt 0 ]; then install_packages; python=$(find_python); fi
[ -n "$python" ] || stop \
    "Indivis demande Python 3.11, 3.12 ou 3.13 ; « python3 » n'en est pas un. Indiquez-le : make PYTHON=/chemin/python3.13 …" \
    "Indivis needs Python 3.11, 3.12 or 3.13, and 'python3' is none of them. Name one: make PYTHON=/path/to/python3.13 …"

# ── .venv, keyed on the lock and the Python version ──────────────────────────────────────────────────

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
stamp_of() { cat "$1" pyproject.toml | sha256sum | cut -d ' ' -f 1; }
ready() { [ "$(cat ".venv/.ready-$1" 2>/dev/null)" = "$(stamp_of "$2")" ]; }

if ! .venv/bin/python -c "import sys, pip; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
    say "Création de .venv avec Python $version…" "Making .venv with Python $version…"
    "$python" -m venv --clear .venv
fi
# The test lock holds the run lock: whoever is ready for tests is ready to run.
if ready test requirements-test.lock || ready "$kind" "$lock"; then exit 0; fi

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
total=$(grep -c '^[a-z0-9].*==' "$lock")
say "Installation de $total bibliothèques, sommes de contrôle vérifiées…" "Installing $total libraries, checksums verified…"
.venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r "$lock" |
    awk -v total="$total" '/^(Collecting|Processing) / { n++; sub(".*/", "", $2); printf "  %d/%d %s\n", n, total, $2; fflush() }' ||
    stop "pip n'a pas pu installer les bibliothèques de $lock (sa raison est juste au-dessus)." \
        "pip could not install the libraries in $lock (its reason is just above)."
.venv/bin/pip install --quiet --no-deps --no-build-isolation --no-index --config-settings editable_mode=compat -e .
rm -f .venv/.ready-*
stamp_of "$lock" >".venv/.ready-${kind/pi/test}"  # what a Pi adds is no library
say "Prêt." "Ready."
