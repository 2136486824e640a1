// The registry's own settings, and how it is run.
import type { Answers, RegistryKind } from './answers.ts'
import { ISSUER, SERVICE } from './configuration.ts'
import { yaml } from './text.ts'

/** The certificate of the key that signs, which is what zot takes. */
export const ZOT_CERTIFICATE = 'zot-token.crt'

interface Kind {
  /** The name of its settings in the folder. */
  readonly file: string
  /** Programs that are looked for, and the one that is named when there is none. */
  readonly programs: readonly string[]
  /** Where the image expects its settings. */
  readonly settings: string
  readonly image: string
  /** What gets the program. */
  readonly get: string
}

export const KINDS: Readonly<Record<RegistryKind, Kind>> = {
  distribution2: {
    file: 'registry.yml',
    programs: ['docker-registry', 'registry'],
    settings: '/etc/docker/registry/config.yml',
    image: 'registry:2',
    get: 'Debian: sudo apt-get install docker-registry skopeo; its own service takes port 5000: sudo systemctl disable --now docker-registry',
  },
  distribution3: {
    file: 'registry.yml',
    programs: ['registry'],
    settings: '/etc/distribution/config.yml',
    image: 'registry:3',
    get: 'https://github.com/distribution/distribution/releases',
  },
  zot: {
    file: 'zot.json',
    programs: ['zot'],
    settings: '/etc/zot/config.json',
    image: 'ghcr.io/project-zot/zot:latest',
    get: 'https://zotregistry.dev',
  },
}

/** Where the registry finds things. */
export interface Places {
  /** Of the certificate that it checks tokens with. */
  readonly trusted: string
  readonly images: string
  readonly tls: Answers['tls']
  /** Empty: all addresses. */
  readonly address: string
}

/** The text of the settings. */
export function registrySettings(answers: Answers, places: Places): string {
  const { registry, registryPort } = answers
  return registry === 'zot' ? zot(answers, places, registryPort) : distribution(answers, places, registryPort)
}

/** Where the registry sends its clients. */
function realmOf({ host, port }: Answers): string {
  return `https://${host}:${port}/auth`
}

function distribution(answers: Answers, { trusted, images, tls, address }: Places, port: number): string {
  return `# Distribution, as \`dockwarden init\` made it. It reads this file, and what it names, when it starts.
version: 0.1
storage:
  filesystem: { rootdirectory: ${yaml(images)} }
  delete: { enabled: true }
http:
  addr: ${yaml(`${address}:${port}`)}
${tls ? `  tls: { certificate: ${yaml(tls.certificate)}, key: ${yaml(tls.key)} }\n` : ''}auth:
  token:
    realm: ${yaml(realmOf(answers))} # where clients get their tokens
    service: ${SERVICE}
    issuer: ${ISSUER}
    rootcertbundle: ${yaml(trusted)}
`
}

function zot(answers: Answers, { trusted, images, tls, address }: Places, port: number): string {
  const settings = {
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: images },
    http: {
      address: address || '0.0.0.0',
      port: String(port),
      ...(tls && { tls: { cert: tls.certificate, key: tls.key } }),
      auth: { bearer: { realm: realmOf(answers), service: SERVICE, cert: trusted } },
    },
    log: { level: 'info' },
  }
  return `${JSON.stringify(settings, undefined, 2)}\n`
}
