// The compose file that `dockwarden init` writes, and the places of things in its containers.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Answers } from './answers.ts'
import { KINDS, type Places, ZOT_CERTIFICATE } from './registry.ts'

/** In the containers. */
const TLS = { certificate: '/tls/tls.crt', key: '/tls/tls.key' }
const TRUSTED = '/trusted.crt'

export const COMPOSE_FILE = 'compose.yml'

export function composePlaces({ tls }: Answers): Places {
  return { trusted: TRUSTED, images: '/var/lib/registry', tls: tls && TLS, address: '' }
}

export function composeFile(answers: Answers): string {
  const { registry, port, registryPort, host, tls } = answers
  const { image, file, settings } = KINDS[registry]
  const local = host === 'localhost' ? '127.0.0.1:' : ''
  const build = checkout()
  const trusted = registry === 'zot' ? ZOT_CERTIFICATE : 'var/signing-ca.crt'
  const pair = tls ? [`${tls.certificate}:${TLS.certificate}:ro`, `${tls.key}:${TLS.key}:ro`] : []
  return `# As \`dockwarden init\` made it.
services:
  dockwarden:
    image: dockwarden${build === undefined ? '' : `\n    build: ${JSON.stringify(build)}`}
    command: [serve, /etc/dockwarden/dockwarden.yml]
    # Who may read and write the files of this folder.
    user: "${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}"
    environment: { DOCKWARDEN_STATE_DIR: /etc/dockwarden/var, DOCKWARDEN_HEALTH_URL: "https://127.0.0.1:${port}/healthz" }
    ports: ["${local}${port}:${port}"]
    volumes:
${list(['.:/etc/dockwarden:ro', './var:/etc/dockwarden/var', ...pair])}
    # What is in flight may take 15 s.
    stop_grace_period: 20s
    restart: unless-stopped

  registry:
    image: ${image}
    ports: ["${local}${registryPort}:${registryPort}"]
${registry === 'distribution3' ? '    # It would look for a collector of traces.\n    environment: { OTEL_TRACES_EXPORTER: none }\n' : ''}    volumes:
${list([`./${file}:${settings}:ro`, `./${trusted}:${TRUSTED}:ro`, './images:/var/lib/registry', ...pair])}
    restart: unless-stopped
`
}

function list(volumes: readonly string[]): string {
  return volumes.map((volume) => `      - ${JSON.stringify(volume)}`).join('\n')
}

/** The checkout that this runs from, from which the image can be built; undefined for an installed package. */
export function checkout(): string | undefined {
  // One level deeper in dist/.
  const depth = import.meta.url.endsWith('.ts') ? '../../../' : '../../../../'
  const root = fileURLToPath(new URL(depth, import.meta.url))
  return existsSync(`${root}Dockerfile`) ? root : undefined
}
