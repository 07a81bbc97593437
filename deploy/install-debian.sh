#!/usr/bin/env bash
# Installs from Debian what the tests need: Java and Maven (a real Kafka), Chromium, PostgreSQL, Redis, curl, and the check of
# the compose file.
set -euo pipefail

packages=(openjdk-17-jre-headless maven chromium docker-compose postgresql redis-server curl)
missing=()
for package in "${packages[@]}"; do
    status="$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)"
    [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "error: run this as root, or install sudo; missing: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet=2
"${as_root[@]}" apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}"
