import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { check } from '../../../core/cli/check.ts'
import { readConfig } from '../../../core/config/config.ts'
import { tlsSections } from '../../../core/config/native/listeners.ts'
import { createState } from '../../../core/kit/state.ts'
import { loadKeys, loadTls } from '../../../core/server/server-keys.ts'
import { createFiles } from '../../../core/services/files.ts'
import { createHostServices } from '../../../core/services/host.ts'
import { newPair } from '../../support/key-pairs.ts'

const DAY = 86_400_000
const YEAR = 365 * DAY

describe('what is said of the validity of certificates', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-keys-'))
    file = join(folder, 'dockwarden.yml')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function configure(parts: object, files: Record<string, string> = {}) {
    const authenticators = [{ plugin: 'static', options: { users: { '': {} } } }]
    const server = { listen: '127.0.0.1:0' }
    writeFileSync(file, JSON.stringify({ server, authenticators, authorizers: [], ...parts }))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const config = await readConfig(file)
    const state = createState(config.stateDir, { announce: () => {} })
    return [config, createHostServices({ files: createFiles(config.base), state })] as const
  }

  /** The one section of TLS. */
  const loadOnly = (...[config, host]: Awaited<ReturnType<typeof configure>>) =>
    loadTls(tlsSections(config.server)[0]!, config, host)

  it('of a configured key: from 14 days before its end, with the place and the remedy', async () => {
    const end = Date.now() + 100 * DAY
    const { certificate, key } = await newPair('P-256', { notAfter: new Date(end) })
    const { warnings } = await loadKeys(
      ...(await configure(
        { token: { keys: [{ certificate: 'token.crt', key: 'token.key' }] } },
        { 'token.crt': certificate, 'token.key': key },
      )),
    )
    expect(warnings(end - 15 * DAY)).to.deep.equal([])
    const [warning, ...others] = warnings(end - 14 * DAY)
    expect(others).to.deep.equal([])
    expect(warning).to.match(
      /^token\.keys\[0\]\.certificate: certificate 1 expires on \S+Z; then registries refuse tokens that carry it: renew the files; they are read again when they change$/,
    )
    expect(warnings(end + DAY)[0]).to.contain('certificate 1 expired on')
  })

  it('of a key of the state directory: rotate it; of the CA: how to make another one', async () => {
    const { warnings } = await loadKeys(...(await configure({})))
    const [leaf, ca] = [Date.now() + 10 * YEAR, Date.now() + 20 * YEAR]
    expect(warnings(leaf - 15 * DAY)).to.deep.equal([])
    expect(warnings(leaf - 13 * DAY)).to.have.length(1)
    expect(warnings(leaf - 13 * DAY)[0]).to.match(
      /^\S+\/var\/signing\.pem\.certificate: .* expires on .*: run dockwarden key rotate$/,
    )
    const last = warnings(ca - 13 * DAY).at(-1)
    expect(last).to.match(/^\S+\/var\/signing-ca\.crt expires on \S+Z; then registries refuse every token: /)
    expect(last).to.contain('make another CA with dockwarden key generate').and.contain('trust both')
  })

  it('of the TLS certificate and of those above it: 14 days before the end', async () => {
    const end = Date.now() + 100 * DAY
    const own = await newPair('P-256', { notAfter: new Date(end) })
    const above = await newPair('P-256', { notAfter: new Date(end - 30 * DAY) })
    const tls = await loadOnly(
      ...(await configure(
        { server: { listen: '127.0.0.1:0', tls: { certificate: 'tls.crt', key: 'tls.key' } } },
        { 'tls.crt': own.certificate + above.certificate, 'tls.key': own.key },
      )),
    )
    expect(tls!.warnings(end - 45 * DAY)).to.deep.equal([])
    expect(tls!.warnings(end - 40 * DAY)).to.have.length(1)
    expect(tls!.warnings(end - 40 * DAY)[0]).to.match(
      /^server\.tls\.certificate: certificate 2 expires on \S+Z; then clients refuse to connect: renew the files/,
    )
    expect(tls!.warnings(end - 13 * DAY)).to.have.length(2)
  })

  it('of the TLS certificate that the server made: which files to remove', async () => {
    const tls = await loadOnly(...(await configure({ server: { listen: '127.0.0.1:0', tls: 'auto' } })))
    const end = tls!.notAfter.getTime()
    expect(tls!.warnings(end - 15 * DAY)).to.deep.equal([])
    expect(tls!.warnings(end - 13 * DAY)[0]).to.contain('remove tls.pem and tls.crt from the state directory')
  })

  it('check says it at the place in the file', async () => {
    const { certificate, key } = await newPair('P-256', { notAfter: new Date(Date.now() + 13 * DAY) })
    await configure(
      {
        server: { listen: '127.0.0.1:0', tls: { certificate: 'one.crt', key: 'one.key' } },
        token: { keys: [{ certificate: 'one.crt', key: 'one.key' }] },
      },
      { 'one.crt': certificate, 'one.key': key },
    )
    const err: string[] = []
    const output = { stdout: { write: () => {} }, stderr: { write: (text: string) => err.push(text) } }
    expect(await check(file, false, output)).to.equal(0)
    expect(err.join('')).to.match(
      /^warning: \S+dockwarden\.yml:\d+:\d+: .*token\.keys\[0\]\.certificate: .* expires on/m,
    )
    expect(err.join('')).to.match(
      /^warning: \S+dockwarden\.yml:\d+:\d+: .*server\.tls\.certificate: .* expires on/m,
    )
  })
})
