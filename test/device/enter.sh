#!/bin/sh
# enter.sh ROOT SYSTEM DATA PORT [NAME=VALUE …]: becomes the test device's adbd, as the user "shell" that an Android phone has.
# To be run in mount and process namespaces of its own (unshare): when adbd ends, its mounts and children are gone.
#   SYSTEM  folder for /system; its sys/ is /sys
#   DATA   folder for /data, or "tmpfs:BYTES" for a small disk of its own
set -e
root=$1 system=$2 data=$3 port=$4
shift 4

mount --bind "$system" "$root/system"
mount --bind "$system/sys" "$root/sys"
# This computer's own Node, for simulated runners; its libraries are among the packages.
if [ -e "$system/bin/plugsight-node" ]; then mount --bind "$(command -v node)" "$root/system/bin/plugsight-node"; fi

# As on a phone: /data/local/tmp belongs to shell (uid 2000), and programs may run there; the folders above it are not even listed.
case $data in
  tmpfs:*) mount -t tmpfs -o "size=${data#tmpfs:}" tmpfs "$root/data" ;;
  *) mount --bind "$data" "$root/data" ;;
esac
mkdir -p "$root/data/local/tmp"
chown 2000:2000 "$root/data/local/tmp"
chmod 771 "$root/data" "$root/data/local" "$root/data/local/tmp"

mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
for node in null zero full random urandom tty; do mount --bind "/dev/$node" "$root/dev/$node"; done
if [ -e "$system/cpuinfo" ]; then mount --bind "$system/cpuinfo" "$root/proc/cpuinfo"; fi

exec chroot --userspec=2000:2000 --groups= "$root" /usr/bin/env -i \
  PATH=/system/bin:/usr/bin HOME=/ TERM=dumb SHELL=/bin/sh TMPDIR=/data/local/tmp USER=shell \
  ADBD_PORT="$port" LD_PRELOAD=/system/preload.so "$@" /usr/sbin/adbd
