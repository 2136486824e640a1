// Compares what a real client sent for a token with what its driver in test/http/clients sends.
import type { Challenge, RegistryClient } from '../http/clients/client.ts'
import { Wire } from '../http/clients/wire.ts'
import { type GuardedRegistry, SERVICE } from '../support/guarded-registry.ts'

type Asked = GuardedRegistry['asked']

/** Whatever else differs is the client's version, or how often it opens a connection. */
const HEADERS = [
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'accept',
  'accept-encoding',
] as const

/** The requests for which `run` is the reason, as far as they are comparable. */
export async function sentBy({ asked }: GuardedRegistry, run: () => Promise<unknown>): Promise<object[]> {
  const before = asked.length
  await run()
  return comparable(asked.slice(before))
}

/** What a driver sends to the same registry's token server. */
export function sentByDriver(
  registry: GuardedRegistry,
  make: (challenge: Challenge, wire: Wire) => RegistryClient,
  use: (client: RegistryClient) => Promise<unknown>,
): Promise<object[]> {
  return sentBy(registry, () => use(make({ realm: registry.realm, service: SERVICE }, new Wire())))
}

function comparable(asked: Asked): object[] {
  return asked.map(({ method, url, headers, body }) => ({
    method,
    url,
    body,
    ...Object.fromEntries(HEADERS.map((name) => [name, headers[name]])),
  }))
}
