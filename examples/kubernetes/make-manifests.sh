#!/bin/sh
# Makes manifests/ from the chart. Needs helm.
set -eu
cd "$(dirname "$0")"
mkdir -p manifests
for values in *.values.yml; do
  name=${values%.values.yml}
  {
    echo "# Made by make-manifests.sh from the chart and $values."
    # What is about Helm itself says nothing without it.
    helm template dockwarden chart --values "$values" --skip-tests \
      | grep -vE '^# Source: |helm.sh/(chart|resource-policy): |app.kubernetes.io/managed-by: '
  } >"manifests/$name.yml"
done
