# The image: `docker build -t dockwarden .` (docs/container.md).

# By digest: what was tried is what is built. `--build-arg BASE=...` takes it from a mirror, or takes a newer one.
ARG BASE=node:26.8.1-bookworm-slim@sha256:367679cf9792759492a486e4aa4b421764d71a9546a6dae8aab81a99eb797b3e

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY core/ core/
COPY plugins/ plugins/
# The image brings its own Node: the one of the devDependencies goes with the others.
RUN npm run build && npm prune --omit=dev

FROM ${BASE}
LABEL org.opencontainers.image.title="Dockwarden" \
      org.opencontainers.image.description="A token server for container registries" \
      org.opencontainers.image.licenses="Apache-2.0"
# Node as process 1 does not reap what a killed program leaves behind, so tini stands before it.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*

COPY --from=build /build/package.json /app/
COPY --from=build /build/node_modules/ /app/node_modules/
COPY --from=build /build/dist/ /app/dist/
COPY docker/healthcheck.js /app/docker/
COPY LICENSE /app/
COPY config/ /etc/dockwarden/

# The only folder that is written to: keys and the first user, when the configuration names none.
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/dockwarden
VOLUME /var/lib/dockwarden

ENV NODE_ENV=production \
    DOCKWARDEN_CONFIG=/etc/dockwarden/dockwarden.yml \
    DOCKWARDEN_STATE_DIR=/var/lib/dockwarden

# What a start compiles is compiled here (docs/weight.md): by the user that reads it, and by then nobody's to write but root's.
RUN install --directory --owner=node --group=node --mode=0755 /app/dist/.compile-cache /tmp/warm \
  && DOCKWARDEN_STATE_DIR=/tmp/warm setpriv --reuid=1000 --regid=1000 --clear-groups \
    timeout --preserve-status 10 node /app/dist/core/main.js serve > /dev/null 2>&1 \
  && rm -r /tmp/warm \
  && chown -R root:root /app/dist/.compile-cache \
  && chmod -R a=rX,u+w /app/dist/.compile-cache

# docker_auth's image runs in / too: relative paths in its configurations keep their meaning.
WORKDIR /
# The user "node", by number: Kubernetes' runAsNonRoot can't judge a name.
USER 1000:1000
EXPOSE 5001

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "/app/docker/healthcheck.js"]

# tini hands SIGTERM on, and Dockwarden then finishes what is in flight.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "node", "/app/dist/core/main.js"]
CMD ["serve"]
