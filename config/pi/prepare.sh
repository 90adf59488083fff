#!/usr/bin/env bash
# Makes ready an emulated Raspberry Pi 3 for `make test-pi`: Debian 13's kernel (the one with both ways of treating a
# dead process's pins), Debian 12's Python, and the locked libraries built for the Pi's processor. Prints the folder.
# House rules: downloads once, into a cache named after everything that it is made of; touches nothing of this computer
# but that cache; what cannot be had ends in one sentence on stderr, which the tests give as their reason to be skipped.
#   Usage: config/pi/prepare.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

root_suite=bookworm kernel_suite=trixie python=3.11
# The USB host of a Pi 3 and an FTDI serial adapter, in the order in which they must be loaded.
modules=(common/usb-common core/usbcore gadget/udc/udc-core phy/phy-generic dwc2/dwc2 serial/usbserial serial/ftdi_sio)
kept=2  # caches: this one and the one before, so that changing branches back and forth downloads nothing

say() {
    case "${INDIVIS_LANG:-${LC_ALL:-${LANG:-fr}}}" in en*) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac >&2
}
stop() { say "$@"; exit 69; }

config/setup.sh pi >&2 || stop \
    "Pas de Raspberry Pi émulé : QEMU n'a pas pu être installé." \
    "No emulated Raspberry Pi: QEMU could not be installed."

caches=${XDG_CACHE_HOME:-$HOME/.cache}/indivis
cache=$caches/pi-$(cat config/pi/prepare.sh requirements.lock | sha256sum | cut -c 1-16)
mkdir -p "$caches" || stop "Pas de Raspberry Pi émulé : $caches ne peut pas être créé." \
    "No emulated Raspberry Pi: $caches cannot be made."
exec 9>"$caches/pi.lock"
flock 9  # two runs at once download once
if [ -e "$cache/base.cpio" ]; then
    touch "$cache"
    printf '%s\n' "$cache"
    exit 0
fi

new=$(mktemp -d "$caches/new-XXXXXX")
trap 'rm -rf "$new"' EXIT
log=$new/log
unpacked() {  # unpacked SUITE FOLDER PACKAGES: the packages' files as ours, without running anything of theirs
    mkdir "$2"
    mmdebstrap --quiet --variant=extract --architectures=arm64 --format=tar --include="$3" "$1" - 2>"$log" |
        tar --extract --directory "$2" --no-same-owner --exclude './dev/*' --exclude './usr/share/*' || {
        tail -n 5 "$log" >&2
        stop "Pas de Raspberry Pi émulé : les paquets Debian ($1, arm64) n'ont pas pu être téléchargés." \
            "No emulated Raspberry Pi: Debian's packages ($1, arm64) could not be downloaded."
    }
}

say "Téléchargement du noyau du Pi (environ 110 Mo)…" "Downloading the Pi's kernel (about 110 MB)…"
unpacked "$kernel_suite" "$new/kernel" linux-image-arm64
mkdir "$new/pi"
cp "$new"/kernel/boot/vmlinuz-* "$new/pi/vmlinuz"
tree=$new/pi/pi.dtb
cp "$new"/kernel/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$tree"
# The UART goes to the header instead of the Bluetooth chip, as `dtoverlay=disable-bt` does.
fdtput -r "$tree" /soc/serial@7e201000/bluetooth
# A Pi's firmware writes which board this is (here: 3B, revision 1.2) before it starts Linux.
fdtput -c "$tree" /system
fdtput -t x "$tree" /system linux,revision a02082

say "Téléchargement de Python et des bibliothèques pour le Pi (environ 45 Mo)…" \
    "Downloading Python and the libraries for the Pi (about 45 MB)…"
pi=$new/root
unpacked "$root_suite" "$pi" python3,busybox-static
rm -rf "$pi"/var/lib/{apt,dpkg} "$pi"/var/cache "$pi/usr/lib/python$python"/{idlelib,lib2to3,pydoc_data,tkinter}
mkdir -p "$pi"/{dev,proc,sys,run,tmp,root,modules} "$pi/opt/indivis/bin"
number=0
for module in "${modules[@]}"; do
    number=$((number + 1))
    xz --decompress --stdout "$new"/kernel/usr/lib/modules/*/kernel/drivers/usb/"$module".ko.xz \
        >"$pi/modules/$number-${module##*/}.ko"
done

libraries=$pi/opt/indivis/lib/python$python/site-packages
# Wheels for this Python and for a C library not newer than Debian 12's (2.36); hashes as in the lock.
platforms=()
for minor in 17 26 27 28 31 34; do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done
.venv/bin/pip install --quiet --disable-pip-version-check --root-user-action ignore --no-compile \
    --target "$libraries" --require-hashes --no-deps --only-binary :all: --python-version "$python" \
    --implementation cp --abi "cp${python/./}" --abi abi3 --abi none --platform manylinux2014_aarch64 \
    "${platforms[@]}" -r requirements.lock >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    stop "Pas de Raspberry Pi émulé : les bibliothèques pour le Pi n'ont pas pu être téléchargées." \
        "No emulated Raspberry Pi: the libraries for the Pi could not be downloaded."
}
rm -rf "$libraries"/{setuptools,_distutils_hack,pkg_resources,*.pth}  # builds packages; nothing is built on the Pi
printf 'home = /usr/bin\nversion = %s\n' "$python" >"$pi/opt/indivis/pyvenv.cfg"
ln -s /usr/bin/python3 "$pi/opt/indivis/bin/python"

# Compiled here when this computer has the Pi's Python: the emulated one takes a minute for it at each boot.
for compiler in .venv/bin/python "python$python"; do
    if "$compiler" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$python')" 2>/dev/null; then
        "$compiler" -m compileall -q -j 0 -s "$pi" -p / --invalidation-mode unchecked-hash \
            "$pi/usr/lib/python$python" "$libraries" >"$log" 2>&1 || true  # a library's bad template is its own affair
        break
    fi
done

(cd "$pi" && find . | cpio --quiet -o -H newc -R 0:0) >"$new/pi/base.cpio"
mv "$new/pi" "$cache"
find "$caches" -maxdepth 1 -name 'pi-*' -printf '%T@ %p\n' | sort -rn | tail -n "+$((kept + 1))" | cut -d ' ' -f 2- |
    xargs -r -d '\n' rm -rf
printf '%s\n' "$cache"
