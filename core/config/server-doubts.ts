// What works in the `server` section, but can hardly be meant so.
import { listenPlans } from './native/listeners.ts'
import type { NativeConfig } from './native/schema.ts'

type Server = NativeConfig['server']

/** A doubt, at the path of a key. */
interface Doubt {
  readonly at: string
  readonly message: string
}

/** All of them, in no order. */
export function serverDoubts(server: Server): Doubt[] {
  return [...exposedAddresses(server), ...exposedMetrics(server), ...unreadHeader(server)]
}

const LOOPBACK = /^(127\.|localhost$|::1$)/

/** Of a single address the whole section is named, which may not have it. */
function exposedAddresses(server: Server): Doubt[] {
  const message =
    'passwords cross the network in the clear; set tls, or listen on 127.0.0.1 behind a proxy that has it'
  return listenPlans(server)
    .filter(({ tls, listen }) => !tls && 'port' in listen && !LOOPBACK.test(listen.host ?? ''))
    .map(({ at }) => ({ at: server.listen.listed ? at : 'server', message }))
}

function exposedMetrics({ metrics }: Server): Doubt[] {
  if (!metrics || metrics.tls || metrics.password || LOOPBACK.test(metrics.listen.host ?? '')) return []
  const message =
    'whoever reaches this address reads the metrics, and nothing is encrypted; set password and tls, or listen on 127.0.0.1'
  return [{ at: 'server.metrics.listen', message }]
}

function unreadHeader(server: Server): Doubt[] {
  if (!server.client_ip || !listenPlans(server).every(({ proxies }) => proxies)) return []
  const message = 'is not read, since proxy_protocol says where clients are; remove one of the two'
  return [{ at: 'server.client_ip', message }]
}
