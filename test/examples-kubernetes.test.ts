// examples/kubernetes and examples/systemd: what Kubernetes, Helm and systemd say of them, and `check` of the configurations in them.
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { examine } from '../core/cli/check.ts'
import { findProgram, needs } from './support/debian.ts'
import { newPair } from './support/key-pairs.ts'
import { deadLinks } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const KUBERNETES = join(ROOT, 'examples/kubernetes')
const CHART = join(KUBERNETES, 'chart')
const MANIFESTS = globSync('manifests/*.yml', { cwd: KUBERNETES }).sort()
const VALUES = globSync('*.values.yml', { cwd: KUBERNETES }).sort()
const HELM = findProgram('helm')
const run = promisify(execFile)

/** Values that turn everything on that the files beside the chart leave off. */
const ALL_ON = {
  image: { digest: `sha256:${'a'.repeat(64)}` },
  imagePullSecrets: [{ name: 'pull' }],
  configSecret: 'dockwarden-config',
  configFile: 'auth_config.yml',
  env: [{ name: 'A', value: 'b' }],
  envFrom: [{ secretRef: { name: 'variables' } }],
  args: ['--v=2', '/config/auth_config.yml'],
  replicaCount: 3,
  scheme: 'HTTPS',
  pathPrefix: '/registry-auth',
  metrics: {
    enabled: true,
    serviceMonitor: {
      enabled: true,
      labels: { release: 'prometheus' },
      basicAuth: { username: { name: 'm', key: 'u' }, password: { name: 'm', key: 'p' } },
    },
  },
  networkPolicy: { enabled: true },
  podAnnotations: { a: 'b' },
  podLabels: { a: 'b' },
  nodeSelector: { a: 'b' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  priorityClassName: 'system-cluster-critical',
  extraVolumes: [{ name: 'extra', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
}

/** An object of Kubernetes. */
interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
}

describe('examples/kubernetes', function () {
  // Compiles.
  this.timeout(120_000)
  let folder: string

  before(() => {
    folder = mkdtempSync(join(ROOT, 'test', '.kubernetes-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('has manifests for each file of values', () => {
    expect(MANIFESTS.map((file) => basename(file, '.yml'))).to.deep.equal(
      VALUES.map((file) => basename(file, '.values.yml')),
    )
  })

  it('has links that lead somewhere', () => {
    expect(deadLinks(join(KUBERNETES, 'README.md'))).to.deep.equal([])
  })

  for (const file of MANIFESTS) {
    it(`${file} is what Kubernetes takes, without an unknown field`, async () => {
      await assertValid(manifestsIn(readFileSync(join(KUBERNETES, file), 'utf8')), folder)
    })

    it(`${file}: the configuration passes the check`, async () => {
      const config = manifestsIn(readFileSync(join(KUBERNETES, file), 'utf8')).find(
        ({ kind }) => kind === 'ConfigMap',
      )!
      const { problems } = await examine(await laidOut(config.data!['dockwarden.yml']!, folder))
      expect(problems).to.deep.equal([])
    })
  }

  describe('the schema of the values', () => {
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
      JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')),
    )
    const defaults = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))

    it('knows every default, and nothing else', () => {
      expect(validate(defaults), JSON.stringify(validate.errors)).to.equal(true)
      const { properties } = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'))
      expect(Object.keys(properties).sort()).to.deep.equal(['global', ...Object.keys(defaults)].sort())
    })

    for (const file of VALUES) {
      it(`takes ${file}`, () => {
        const values = parse(readFileSync(join(KUBERNETES, file), 'utf8'))
        expect(validate(values), JSON.stringify(validate.errors)).to.equal(true)
      })
    }

    for (const [what, values] of Object.entries<unknown>({
      'a value of docker_auth that moves elsewhere': { configmap: { data: {} } },
      'a misspelt key': { persistence: { enable: true } },
      'a volume for many writers': { persistence: { accessModes: ['ReadWriteMany'] } },
      'a relative folder of a Secret': { secrets: [{ name: 'a', path: 'secrets' }] },
      'a digest cut short': { image: { digest: 'sha256:abc' } },
      'a prefix that ends in a slash': { pathPrefix: '/auth/' },
    })) {
      it(`refuses ${what}`, () => {
        expect(validate(values)).to.equal(false)
      })
    }
  })

  if (HELM !== undefined) {
    describe('with helm', () => {
      const helm = async (...args: string[]) => (await run(HELM, args, { cwd: KUBERNETES })).stdout

      it('passes lint', async () => {
        await helm('lint', '--strict', CHART)
      })

      it('makes the manifests that are there', async () => {
        const before = MANIFESTS.map((file) => readFileSync(join(KUBERNETES, file), 'utf8'))
        for (const [index, values] of VALUES.entries()) {
          const made = await helm('template', 'dockwarden', CHART, '--values', values, '--skip-tests')
          const names = (text: string) =>
            manifestsIn(text).map(({ kind, spec, data }) => ({ kind, spec, data }))
          expect(withoutHelm(names(made))).to.deep.equal(withoutHelm(names(before[index]!)))
        }
      })

      it('makes what Kubernetes takes when everything is on', async () => {
        writeFileSync(join(folder, 'all.yml'), JSON.stringify(ALL_ON))
        await assertValid(
          manifestsIn(await helm('template', 'all', CHART, '--values', join(folder, 'all.yml'))),
          folder,
        )
      })

      it('refuses a volume for several pods, and says what to do', async () => {
        const refused = helm('template', 'a', CHART, '--set', 'persistence.enabled=true,replicaCount=2')
        const error = await refused.then(
          () => undefined,
          ({ stderr }: { stderr: string }) => stderr,
        )
        expect(error).to.contain('server.store.redis')
      })
    })
  }
})

describe('examples/systemd', function () {
  this.timeout(60_000)
  needs('systemd-analyze')

  it('is a unit that systemd takes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-unit-'))
    try {
      const text = readFileSync(join(ROOT, 'examples/systemd/dockwarden.service'), 'utf8')
      const unit = join(folder, 'dockwarden.service')
      writeFileSync(unit, text.replace('/usr/local/bin/dockwarden', process.execPath))
      const { stderr } = await run(findProgram('systemd-analyze')!, ['verify', '--man=no', unit])
      expect(stderr).to.equal('')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('has links that lead somewhere', () => {
    expect(deadLinks(join(ROOT, 'examples/systemd/README.md'))).to.deep.equal([])
  })
})

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      if ('errors' in document && document.errors.length > 0) throw document.errors[0]
      return document.toJS() as Manifest | null
    })
    .filter((manifest) => manifest !== null)
}

/** Labels and annotations that are about Helm are not in plain manifests. */
function withoutHelm(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, of) =>
      /^helm\.sh\/|^app\.kubernetes\.io\/managed-by$/.test(key) ? undefined : of,
    ),
  )
}

/**
 * Holds manifests against the schemas of Kubernetes, which say what values may be, and against its types, which let no unknown
 * field pass.
 *
 * @throws Error that names the object and its field
 */
async function assertValid(manifests: readonly Manifest[], folder: string): Promise<void> {
  const lines: string[] = []
  for (const [index, manifest] of manifests.entries()) {
    const group = manifest.apiVersion.startsWith('monitoring.coreos.com/')
      ? '@kubernetes-models/prometheus-operator'
      : 'kubernetes-models'
    const models = (await import(`${group}/${manifest.apiVersion}`)) as Record<
      string,
      new (
        data: Manifest,
      ) => { validate(): void }
    >
    const model = models[manifest.kind]
    if (!model) throw new Error(`there is no ${manifest.kind} in ${manifest.apiVersion}`)
    new model(manifest).validate()
    lines.push(
      `import type { I${manifest.kind} as T${index} } from '${group}/${manifest.apiVersion}'`,
      `export const m${index}: T${index} = ${JSON.stringify(manifest)}`,
    )
  }
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, module: 'nodenext', skipLibCheck: true, types: [] },
      include: ['manifests.ts'],
    }),
  )
  await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout)
  })
}

/** A configuration beside what it reads. @returns its path */
async function laidOut(text: string, folder: string): Promise<string> {
  const pair = await newPair('P-256')
  const secrets = join(folder, 'secrets')
  mkdirSync(join(secrets, 'signing'), { recursive: true })
  mkdirSync(join(secrets, 'users'), { recursive: true })
  writeFileSync(join(secrets, 'signing', 'tls.crt'), pair.certificate)
  writeFileSync(join(secrets, 'signing', 'tls.key'), pair.key)
  writeFileSync(join(secrets, 'users', 'htpasswd'), `alice:$2y$10$${'a'.repeat(53)}\n`)
  const file = join(folder, 'dockwarden.yml')
  const here = text.replaceAll('/secrets/', `${secrets}/`)
  // A password of the environment is read when the file is.
  writeFileSync(join(folder, 'password'), 'a password of the test')
  writeFileSync(file, here.replaceAll('!env REDIS_PASSWORD', '!file password'))
  return file
}
