#!/bin/sh
# Makes ssl/domain.key (RSA 2048) and ssl/domain.crt for DOMAIN, which comes from the environment or from .env.
# The pair serves TLS for the registry and the token server, and signs the tokens. What is there is never overwritten.
set -eu
cd "$(dirname "$0")"

if [ -z "${DOMAIN:-}" ] && [ -f .env ]; then
  DOMAIN=$(sed -n 's/^DOMAIN=//p' .env)
fi
if [ -z "${DOMAIN:-}" ]; then
  echo "make-ssl.sh: no DOMAIN; write it in .env (see .env.example), or run DOMAIN=registry.example.com ./make-ssl.sh" >&2
  exit 2
fi
# The subject alternative name of an IP address is of another type.
case $DOMAIN in
*[!0-9.]*) name="DNS:$DOMAIN" check=-checkhost ;;
*) name="IP:$DOMAIN" check=-checkip ;;
esac

if [ -e ssl/domain.key ] && [ -e ssl/domain.crt ]; then
  if openssl x509 -in ssl/domain.crt -noout "$check" "$DOMAIN" | grep -q 'does match'; then
    echo "ssl/domain.key and ssl/domain.crt are there, for $DOMAIN: nothing to do"
    exit 0
  fi
  echo "make-ssl.sh: ssl/domain.crt is not for $DOMAIN; move ssl/ away to have a new pair made" >&2
  exit 1
fi
if [ -e ssl/domain.key ] || [ -e ssl/domain.crt ]; then
  echo "make-ssl.sh: only one of ssl/domain.key and ssl/domain.crt is there; put back the other, or move ssl/ away" >&2
  exit 1
fi

mkdir -p ssl
umask 077
# Both are made whole under other names first: an interrupted run leaves no half of a pair.
trap 'rm -f ssl/.new.key ssl/.new.crt' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 825 -subj "/CN=$DOMAIN" \
  -addext "subjectAltName=$name" -keyout ssl/.new.key -out ssl/.new.crt 2>/dev/null
chmod 644 ssl/.new.crt
mv ssl/.new.key ssl/domain.key
mv ssl/.new.crt ssl/domain.crt
echo "made ssl/domain.key and ssl/domain.crt for $DOMAIN"
