import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stateKeys, stateTls } from '../../../core/keys/state-keys.ts'
import { createState } from '../../../core/kit/state.ts'
import type { Clock } from '../../../core/plugin.ts'

const clock: Clock = { now: () => Date.UTC(2026, 0, 1) }

// Each call opens the directory anew, as another process would.
const stateIn = (folder: string) => createState(folder, { announce: () => {} })
const readOnlyStateIn = (folder: string) => createState(folder, { readOnly: true, announce: () => {} })

describe('keys in the state directory', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockwarden-state-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing failed',
      (error: Error) => error.message,
    )

  it('a first start makes a CA, a leaf under it and the bundle for the registry', async () => {
    const keys = (await stateKeys(stateIn(folder), folder, clock))!
    expect(keys.keys).to.have.length(1)
    const [first] = keys.keys
    const leaf = new X509Certificate(first!.certificate)
    const bundle = await readFile(keys.caPath, 'utf8')
    expect(leaf.checkPrivateKey(createPrivateKey(first!.key))).to.equal(true)
    expect(leaf.verify(new X509Certificate(bundle).publicKey)).to.equal(true)
    expect(bundle).not.to.include('PRIVATE KEY')
    const files = (await readdir(folder)).sort()
    expect(files).to.deep.equal(['signing-ca.crt', 'signing-ca.pem', 'signing.pem'])
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).to.equal(0o600)
  })

  it('a later start finds the same keys', async () => {
    const first = await stateKeys(stateIn(folder), folder, clock)
    expect(await stateKeys(stateIn(folder), folder, clock)).to.deep.equal(first)
    expect(await stateKeys(readOnlyStateIn(folder), folder, clock)).to.deep.equal(first)
  })

  it('processes that start at once end up with the same keys, which belong together', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => stateKeys(stateIn(folder), folder, clock)))
    for (const keys of all) expect(keys).to.deep.equal(all[0])
    const { certificate, key } = all[0]!.keys[0]!
    expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).to.equal(true)
  })

  it('a check makes nothing', async () => {
    expect(await stateKeys(readOnlyStateIn(folder), folder, clock)).to.equal(undefined)
    expect(await stateTls(readOnlyStateIn(folder), clock, ['localhost'])).to.equal(undefined)
    expect(await readdir(folder)).to.deep.equal([])
  })

  for (const missing of ['signing-ca.pem', 'signing.pem', 'signing-ca.crt']) {
    it(`a check makes nothing when ${missing} alone is missing`, async () => {
      await stateKeys(stateIn(folder), folder, clock)
      await rm(join(folder, missing))
      expect(await stateKeys(readOnlyStateIn(folder), folder, clock)).to.equal(undefined)
    })
  }

  it('a removed leaf is issued anew, and the registry needs nothing new', async () => {
    const before = (await stateKeys(stateIn(folder), folder, clock))!
    const bundle = await readFile(before.caPath, 'utf8')
    await rm(join(folder, 'signing.pem'))
    const after = (await stateKeys(stateIn(folder), folder, clock))!
    expect(after.keys[0]!.key).not.to.equal(before.keys[0]!.key)
    expect(await readFile(after.caPath, 'utf8')).to.equal(bundle)
    expect(
      new X509Certificate(after.keys[0]!.certificate).verify(new X509Certificate(bundle).publicKey),
    ).to.equal(true)
  })

  it('a bundle that is not of the CA is an error that names it', async () => {
    await stateKeys(stateIn(folder), folder, clock)
    await rm(join(folder, 'signing-ca.pem'))
    const path = join(folder, 'signing-ca.crt')
    expect(await failure(stateKeys(stateIn(folder), folder, clock))).to.match(
      new RegExp(`^${path} does not hold the certificate of .*signing-ca\\.pem; remove it`),
    )
  })

  it('a leaf of another CA is an error that names both files', async () => {
    await stateKeys(stateIn(folder), folder, clock)
    await rm(join(folder, 'signing-ca.pem'))
    await rm(join(folder, 'signing-ca.crt'))
    expect(await failure(stateKeys(stateIn(folder), folder, clock))).to.match(
      /signing\.pem was not issued by the CA in .*signing-ca\.pem.*remove .*signing\.pem to have a new one issued$/,
    )
  })

  it('a damaged file is an error that names it and shows nothing of it', async () => {
    await stateKeys(stateIn(folder), folder, clock)
    const path = join(folder, 'signing.pem')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.slice(0, 100))
    const message = await failure(stateKeys(stateIn(folder), folder, clock))
    expect(message).to.match(new RegExp(`^${path} \\(put back a good copy, or remove the file`))
    expect(message).not.to.include(text.slice(40, 60))
  })

  it('the TLS certificate is made once, with a copy to hand out', async () => {
    const made = (await stateTls(stateIn(folder), clock, ['localhost']))!
    expect(await readFile(made.certificatePath, 'utf8')).to.equal(made.certificate)
    expect(await stateTls(stateIn(folder), clock, ['other.example.com'])).to.deep.equal(made)
    expect((await readdir(folder)).sort()).to.deep.equal(['tls.crt', 'tls.pem'])
  })
})
