#!/bin/sh
# The document's two curl checks: both services must answer 401 and say where, and how, to log in.
# DOMAIN comes from the environment or from .env; REGISTRY and AUTH name other addresses of the two services.
set -eu
cd "$(dirname "$0")"

if [ -z "${DOMAIN:-}" ] && [ -f .env ]; then
  DOMAIN=$(sed -n 's/^DOMAIN=//p' .env)
fi
if [ -z "${DOMAIN:-}" ]; then
  echo "check.sh: no DOMAIN; write it in .env (see .env.example), or run DOMAIN=registry.example.com ./check.sh" >&2
  exit 2
fi

failed=0
# expect URL SCHEME: the answer to a GET without credentials is 401 with a challenge of this scheme.
expect() {
  echo "curl $1"
  answer=$(curl --silent --show-error --include --http1.1 --max-time 15 --cacert ssl/domain.crt "$1") || answer=
  printf '%s\n' "$answer" | grep -i -e '^HTTP/' -e '^www-authenticate:' | sed 's/^/  /'
  if printf '%s\n' "$answer" | grep -q '^HTTP/1.1 401' && printf '%s\n' "$answer" | grep -qi "^www-authenticate: $2 "; then
    echo "  ok"
  else
    echo "  not ok: expected 401 and WWW-Authenticate: $2" >&2
    failed=1
  fi
}

expect "${REGISTRY:-https://$DOMAIN}/v2/" Bearer
expect "${AUTH:-https://$DOMAIN:5001}/auth" Basic
exit "$failed"
