import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { storeSchema } from '../../../core/config/native/store-schema.ts'
import { openStore } from '../../../core/server/open-store.ts'
import { createFiles } from '../../../core/services/files.ts'
import { ConfigError } from '../../../core/yaml/problems.ts'
import { newPair } from '../../support/key-pairs.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

describe('openStore', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockwarden-store-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const open = (redis: object) =>
    openStore(
      {
        file: 'dockwarden.yml',
        stateDir: folder,
        spotOf: (path) => ({ line: 7, column: 3, path }),
        server: { store: storeSchema.parse({ redis }) },
      },
      { clock: { now: Date.now }, files: createFiles(folder) },
      log,
    )

  const faultOf = async (tls: object) => {
    try {
      await (await open({ addresses: ['redis'], tls })).close()
    } catch (error) {
      expect(error).instanceOf(ConfigError)
      return (error as Error).message
    }
    return 'no fault'
  }

  it('connects to nothing', async () => {
    const store = await open({ addresses: ['redis.invalid'], tls: true })
    await store.close()
  })

  it('names every TLS file that cannot be used, at its key', async () => {
    await writeFile(join(folder, 'empty.pem'), '')
    const message = await faultOf({ ca: 'empty.pem', certificate: 'none.crt', key: 'none.key' })
    const lines = message.split('\n')
    expect(lines).lengthOf(3)
    expect(lines[0]).match(
      /^dockwarden.yml:7:3: server.store.redis.tls.ca: .*empty.pem holds no PEM certificate/,
    )
    expect(lines[1]).match(/server.store.redis.tls.certificate: cannot read .*none.crt/)
    expect(lines[2]).match(/server.store.redis.tls.key: cannot read .*none.key/)
  })

  it('refuses a key that is not that of the certificate', async () => {
    const [one, other] = await Promise.all([newPair('P-256'), newPair('P-256')])
    await writeFile(join(folder, 'own.crt'), one.certificate)
    await writeFile(join(folder, 'own.key'), one.key)
    await writeFile(join(folder, 'other.key'), other.key)
    expect(await faultOf({ certificate: 'own.crt', key: 'own.key' })).equal('no fault')
    expect(await faultOf({ certificate: 'own.crt', key: 'other.key' })).match(
      /server.store.redis.tls.key: .*other.key is not the private key of .*own.crt/,
    )
  })
})
