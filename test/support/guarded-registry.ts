// A real registry that a token server of this process guards, with every request for a token on record.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, type TestServer } from './http-server.ts'
import { writeImage } from './image.ts'
import { OWNERS } from './plugins/index.ts'
import { type Registry, startRegistry } from './registry.ts'
import { startTestServer, type TestInstance } from './server.ts'
import { keeperOf } from './token-keeper.ts'

export const SERVICE = 'registry'
export const PASSWORD = 'canary of alice'

export interface GuardedRegistry {
  /** The first part of an image's name. */
  readonly address: string
  /** The token endpoint as the registry names it. */
  readonly realm: string
  readonly server: TestInstance
  /** Every request to the token endpoint so far, as the client sent it. */
  readonly asked: TestServer['received']
  /** For a client's own files. */
  readonly folder: string
  /** An OCI image layout with the tag `latest`. */
  readonly image: string
  /** A refresh token of alice, and the id under which it is kept. */
  identityToken(): Promise<{ token: string; id: string }>
  /** Revokes a refresh token from outside, as an operator does. */
  revoke(id: string): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts both; alice has PASSWORD and may do everything below `alice/`. The suite must say `needs('docker-registry')`.
 *
 * @param authenticators further ones, as in a configuration
 */
export async function startGuardedRegistry(authenticators: readonly object[] = []): Promise<GuardedRegistry> {
  await using started = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-guarded-'))
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const image = join(folder, 'image')
  writeImage(image)
  const server = await startTestServer({
    config: {
      token: { issuer: 'Auth Service' },
      authenticators: [
        { plugin: 'static', options: { users: { '': {}, alice: { password: '!env ALICE' } } } },
        ...authenticators,
      ],
      authorizers: [{ plugin: OWNERS }],
    },
    env: { ALICE: PASSWORD },
  })
  started.defer(() => server.stop())
  const record = await startRecord(server)
  started.defer(() => record.close())
  const realm = `${record.origin}/auth`
  const registry: Registry = await startRegistry({
    realm,
    service: SERVICE,
    issuer: 'Auth Service',
    rootcertbundle: readFileSync(join(server.folder, 'var/signing-ca.crt'), 'utf8'),
  })
  started.defer(() => registry.stop())
  const running = started.move()
  return {
    address: registry.address,
    realm,
    server,
    asked: record.received,
    folder,
    image,
    async identityToken() {
      const query = { service: SERVICE, offline_token: 'true', client_id: 'docker' }
      const { json } = await server.token({ user: ['alice', PASSWORD], query })
      return { token: json.refresh_token, id: server.audits().at(-1)!.refresh_token }
    },
    async revoke(id) {
      const keeper = keeperOf(join(server.folder, 'var'), Date.now)
      await keeper.revoke(id, 'operator')
      await keeper.close()
    },
    stop: () => running.disposeAsync(),
  }
}

/** Passes every request on, and keeps it. */
function startRecord(server: TestInstance): Promise<TestServer> {
  return serve(async ({ method, url, headers, body }, response) => {
    const { authorization, 'content-type': type } = headers
    const answer = await server.send({
      method,
      path: url,
      headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
      ...(body !== '' && { body }),
    })
    for (const name of ['content-type', 'www-authenticate', 'retry-after']) {
      const value = answer.headers[name]
      if (value !== undefined) response.setHeader(name, value)
    }
    response.writeHead(answer.status).end(answer.text)
  })
}
