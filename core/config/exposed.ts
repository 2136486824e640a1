// What would cross the network in the clear.
import { listenPlans } from './native/listeners.ts'
import type { NativeConfig } from './native/schema.ts'

const LOOPBACK = /^(127\.|localhost$|::1$)/

/** The paths of what others can read along at; of a single address that of the whole section, which may not name it. */
export function exposedAddresses(server: NativeConfig['server']): string[] {
  return listenPlans(server)
    .filter(({ tls, listen }) => !tls && 'port' in listen && !LOOPBACK.test(listen.host ?? ''))
    .map(({ at }) => (server.listen.listed ? at : 'server'))
}

/** Whether others can read the metrics. */
export function exposesMetrics({
  listen,
  tls,
  password,
}: NonNullable<NativeConfig['server']['metrics']>): boolean {
  return tls === undefined && password === undefined && !LOOPBACK.test(listen.host ?? '')
}
