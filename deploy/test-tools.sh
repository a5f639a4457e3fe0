#!/bin/sh
# Installs the programs that some tests need and a bare Debian lacks: an ssh server and client, openssl, git, a browser,
# a container engine with a registry, the database of Kubernetes.
set -eu
missing=
for pair in sshd:openssh-server ssh-keygen:openssh-client ssh-agent:openssh-client openssl:openssl git:git \
    chromium:chromium dockerd:docker.io busybox:busybox-static docker-registry:docker-registry etcd:etcd-server \
    curl:curl unshare:util-linux setpriv:util-linux; do
    PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Some tests are left out here; they need:$missing" >&2
    exit 0
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
