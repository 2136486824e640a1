// A key rotation under load, with a real registry that goes on running: no request fails, and what was signed stays good.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { type DockwardenProcess, startDockwarden } from '../support/dockwarden.ts'
import { basic } from '../support/http-question.ts'
import { until } from '../support/processes.ts'
import { type Registry, startRegistry } from '../support/registry.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../core/main.ts', import.meta.url))
const SERVICE = 'registry'
const PASSWORD = 'canary of the rotation'
/** At each node. */
const CLIENTS = 4
/** So many tokens of a key show that it is in use. */
const ENOUGH = 20

const CONFIG = {
  server: { listen: '127.0.0.1:0' },
  token: { issuer: 'Auth Service' },
  authenticators: [{ plugin: 'static', options: { users: { alice: { any_password: true } } } }],
  authorizers: [{ plugin: 'acl', options: { rules: [{ match: { account: 'alice' }, actions: ['*'] }] } }],
}

describe('a key rotation under load', function () {
  needs('docker-registry')
  this.timeout(120_000)

  let folder: string
  let file: string
  let nodes: readonly DockwardenProcess[] = []
  let registry: Registry

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-rotation-'))
    file = join(folder, 'dockwarden.yml')
    writeFileSync(file, JSON.stringify(CONFIG))
    // Both on one state directory, which the first start makes.
    nodes = await Promise.all([startDockwarden(['serve', file]), startDockwarden(['serve', file])])
    registry = await startRegistry({
      realm: `http://127.0.0.1:${nodes[0]!.port}/auth`,
      service: SERVICE,
      issuer: 'Auth Service',
      rootcertbundle: readFileSync(join(folder, 'var/signing-ca.crt'), 'utf8'),
    })
  })
  after(async () => {
    await registry?.stop()
    await Promise.all(nodes.map((node) => node.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  async function token(node: DockwardenProcess): Promise<string> {
    const url = `http://127.0.0.1:${node.port}/auth?service=${SERVICE}&scope=registry:catalog:*`
    const response = await fetch(url, { headers: { authorization: basic('alice', PASSWORD) } })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`no token: ${response.status} ${text}`)
    return JSON.parse(text).token
  }

  async function catalog(bearer: string): Promise<number> {
    const headers = { authorization: `Bearer ${bearer}` }
    const response = await fetch(`${registry.url}/v2/_catalog`, { headers })
    await response.arrayBuffer()
    return response.status
  }

  async function published(node: DockwardenProcess): Promise<string[]> {
    const response = await fetch(`http://127.0.0.1:${node.port}/.well-known/jwks.json`)
    return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  }

  /** Asks for tokens and uses them, again and again. */
  function load() {
    const faults: string[] = []
    const tokens = nodes.map(() => new Map<string, number>())
    let ended = false
    const once = async (node: DockwardenProcess, seen: Map<string, number>) => {
      const bearer = await token(node)
      const kid = kidOf(bearer)
      const count = seen.get(kid) ?? 0
      if (count === 0 && !(await published(node)).includes(kid)) faults.push(`signs with ${kid} unpublished`)
      const status = await catalog(bearer)
      if (status !== 200) faults.push(`the registry answered ${status}`)
      seen.set(kid, count + 1)
    }
    const clients = nodes.flatMap((node, index) =>
      Array.from({ length: CLIENTS }, async () => {
        while (!ended) await once(node, tokens[index]!).catch((error) => void faults.push(String(error)))
      }),
    )
    return {
      /** Waits until every node has given enough tokens of a key, or a request has failed. */
      inUse: (kid: string) =>
        until(() => faults.length > 0 || tokens.every((seen) => (seen.get(kid) ?? 0) >= ENOUGH)),
      async end() {
        ended = true
        await Promise.all(clients)
        return faults
      },
    }
  }

  async function rotate(): Promise<string> {
    const args = ['key', 'rotate', '--wait', '1s', '--config', file, '--json']
    return JSON.parse((await run(process.execPath, [MAIN, ...args])).stdout).kid
  }

  it('fails no request, time and again, and every node goes over to the new key', async () => {
    const old = await token(nodes[0]!)
    const kids = [kidOf(old)]
    const traffic = load()
    try {
      await traffic.inUse(kids[0]!)
      for (let rotations = 0; rotations < 2; rotations++) {
        const kid = await rotate()
        await traffic.inUse(kid)
        kids.push(kid)
      }
    } finally {
      expect(await traffic.end()).to.deep.equal([])
    }
    expect(new Set(kids)).to.have.length(3)
    expect(await catalog(old), 'a token of the first key').to.equal(200)
    for (const node of nodes) {
      expect(kidOf(await token(node))).to.equal(kids.at(-1))
      expect(await published(node)).to.have.members(kids)
    }
  })
})

function kidOf(token: string): string {
  const [header] = token.split('.')
  return JSON.parse(Buffer.from(header!, 'base64url').toString()).kid
}
