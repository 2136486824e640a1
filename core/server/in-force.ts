// What is done when another configuration comes into force, and what the listener needs of the one that is.
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { listenPlans } from '../config/native/listeners.ts'
import { giveBackSoon } from '../kit/heap.ts'
import { metricsIn } from '../metrics/metrics.ts'
import { INSTANCES } from '../request/instance.ts'
import type { ServedTls } from './certificate-choice.ts'
import { withTrust } from './client-trust.ts'
import type { Services } from './container.ts'
import type { Generation } from './generation.ts'
import type { Serving } from './listener.ts'
import { inForce } from './measured.ts'
import type { ListenAt } from './port.ts'

/** From now on this one is in force. @param options.idle whether others answer with it: then its instances do nothing by themselves */
export function begin({ config, services }: Generation, { idle = false } = {}): void {
  for (const { plan, spots } of services.made) spots.plan = plan
  config.forget()
  giveBackSoon()
  if (!idle) for (const { tasks } of services.container.resolve(INSTANCES)) tasks.start()
  metricsIn(services.container)?.show(inForce(services))
}

/** Closes what is only a former one's, after its last request. */
export async function retire(former: Generation, next: Generation, log: Logger): Promise<void> {
  await former.idle()
  for (const fault of await former.services.closeBeside(next.services)) log.error({}, fault)
}

/** What a renewed certificate is for. */
export type Renewable = Pick<Serving, 'renew' | 'retire'>

/** The certificate of a section, and whom to trust for those of clients. */
function tlsAt(at: string, { tls, clientTrust }: Services): ServedTls {
  return withTrust(at, tls.get(at)!.options, clientTrust?.current)
}

/** Where to listen, with the certificates as they are now. */
export function addressesOf({ config, services }: Generation, current: () => Generation): ListenAt[] {
  return listenPlans(config.server).map(({ tls, proxies, ...plan }, index) => ({
    ...plan,
    tls: tls && { name: tls.at, options: tlsAt(tls.at, services) },
    isProxy: proxies && ((ip) => current().isProxyAt(index, ip)),
  }))
}

/** Connections to come get other certificates; those that were judged by other authorities end. */
export function renewTls(listener: Renewable, before: Services, after: Services): void {
  for (const at of after.tls.keys()) {
    const options = tlsAt(at, after)
    if (!isDeepStrictEqual(options, tlsAt(at, before))) listener.renew(at, options)
  }
  if (!isDeepStrictEqual(before.clientTrust?.current.options, after.clientTrust?.current.options))
    listener.retire()
}
