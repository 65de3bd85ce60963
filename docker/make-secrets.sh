#!/bin/sh
# Makes the files of ./secrets that docker-compose.yml mounts. What exists is kept: the link keys must never be lost.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
make() { [ -s "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"; }
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
make postgres_password "$(random)"
make owner_password "$(random)"
make app_password "$(random)"
make secret_key "$(random)$(random)"
make link_keys "$(random)"
make database_url "postgresql://nps_app:$(cat secrets/app_password)@postgres/nps"
make database_owner_url "postgresql://nps_owner:$(cat secrets/owner_password)@postgres/nps"
# The containers' user must be able to read them, as other users of this machine must not: the folder is closed.
chmod 700 secrets
chmod 644 secrets/*
