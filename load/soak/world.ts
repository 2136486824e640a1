// The servers of a soak: one with a store of its own on a small disk, two that share a Redis; all ask a directory and a database.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseServer } from '../../test/support/database-process.ts'
import { freePort } from '../../test/support/free-port.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { POSTGRES_PASSWORD, POSTGRES_USER, startPostgres } from '../../test/support/postgres.ts'
import { type RedisServer, startRedis } from '../../test/support/redis.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'
import { directoryOf, READER_PASSWORD } from '../directory.ts'
import type { Drill } from '../drill.ts'
import { bcrypt, OWN_NAMESPACE } from '../people.ts'
import { tokenJudge } from '../tokens.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'
import type { Part } from './faults.ts'
import { SoakNode } from './node.ts'
import { type SmallDisk, smallDisk } from './small-disk.ts'

/** Known to the configuration, the database, the directory. */
export const ACCOUNTS = ['static', 'row', 'entry'] as const
export type Account = (typeof ACCOUNTS)[number]

type Named<Name extends Part> = SoakNode & { readonly name: Name }

export interface World {
  /** The last is never killed: what it holds must stay the same. */
  readonly nodes: readonly [Named<'embedded'>, Named<'shared-1'>, Named<'shared-2'>]
  readonly disk: SmallDisk | undefined
  readonly clock: FakeClock | undefined
  readonly redis: RedisServer
  readonly slapd: SlapdServer
  readonly postgres: DatabaseServer
  readonly judge: ReturnType<typeof tokenJudge>
}

/** Starts all of it; it ends with the drill. */
export async function startWorld(drill: Drill): Promise<World> {
  const { folder } = drill
  const redis = await startRedis()
  drill.atEnd(() => redis.stop())
  const slapd = await startSlapd({ ldif: directoryOf('entry') })
  drill.atEnd(async () => {
    slapd.resume()
    await slapd.stop()
  })
  const postgres = await startPostgres()
  drill.atEnd(() => postgres.stop())
  const hash = await bcrypt(4)
  await postgres.sql(
    'CREATE TABLE people (name TEXT, password_hash TEXT)',
    `INSERT INTO people VALUES ('row', '${hash}')`,
  )
  const disk = smallDisk(join(folder, 'disk'))
  if (disk) drill.atEnd(disk.unmount)
  else drill.say('left out', 'a full disk: nothing can be mounted here')
  const clock = fakeClock(join(folder, 'clock'))
  if (!clock) drill.say('left out', 'clock steps: there is no libfaketime')

  const pair = await newPair('P-256')
  writeFileSync(join(folder, 'token.crt'), pair.certificate)
  writeFileSync(join(folder, 'token.key'), pair.key)
  const shared = { redis: { addresses: [`127.0.0.1:${redis.port}`] } }
  const config = (port: number, store: unknown) => ({
    server: { listen: `127.0.0.1:${port}`, store },
    token: { keys: [{ certificate: 'token.crt', key: 'token.key' }] },
    authenticators: [
      { plugin: 'static', options: { users: { static: { password: hash } } } },
      {
        plugin: 'sql',
        options: {
          ...{ database: 'postgres', host: '127.0.0.1', port: postgres.port, name: 'postgres' },
          ...{ user: POSTGRES_USER, password: '!env SOAK_DATABASE' },
          query: 'SELECT password_hash FROM people WHERE name = ${account}',
        },
      },
      {
        plugin: 'ldap',
        options: {
          servers: [slapd.url],
          bind_dn: 'cn=reader,dc=example,dc=com',
          bind_password: '!env SOAK_DIRECTORY',
          base: 'dc=example,dc=com',
          filter: '(uid=${account})',
        },
      },
    ],
    authorizers: [{ plugin: 'acl', options: { rules: [OWN_NAMESPACE] } }],
  })
  const env = { SOAK_DATABASE: POSTGRES_PASSWORD, SOAK_DIRECTORY: READER_PASSWORD }
  const nodeOf = async <Name extends Part>(name: Name, store: unknown, state: string, more = {}) => {
    const port = await freePort()
    const node = new SoakNode({
      name,
      folder,
      port,
      state,
      config: config(port, store),
      env: { ...env, ...more },
    })
    await node.start()
    drill.atEnd(() => node.kill())
    return node as Named<Name>
  }
  const nodes = [
    await nodeOf('embedded', 'embedded', join(disk?.folder ?? folder, 'state'), clock?.env),
    await nodeOf('shared-1', shared, join(folder, 'state-1')),
    await nodeOf('shared-2', shared, join(folder, 'state-2')),
  ] as const
  return { nodes, disk, clock, redis, slapd, postgres, judge: tokenJudge(pair.certificate) }
}
