// A token server that is not this one: it gives one answer to whatever comes. It shows that a driver takes its client's ways.
import { json, serve } from '../../support/http-server.ts'
import type { Challenge, Got, RegistryClient } from './client.ts'
import { SERVICE } from './token-server.ts'
import { Wire } from './wire.ts'

/** What a client did with it. */
export interface Visit {
  readonly steps: readonly string[]
  readonly got: Got
}

/**
 * Lets a client ask a server for one token.
 *
 * @param status of each of its answers
 * @param body of each of its answers
 */
export async function visit(
  make: (challenge: Challenge, wire: Wire) => RegistryClient,
  use: (client: RegistryClient) => Promise<Got>,
  status: number,
  body: object = {},
): Promise<Visit> {
  const other = await serve((_, response) => json(response, status, body))
  try {
    const wire = new Wire()
    const realm = other.origin.replace('127.0.0.1', 'localhost')
    const got = await use(make({ realm, service: SERVICE }, wire))
    return { steps: wire.steps, got }
  } finally {
    await other.close()
  }
}
