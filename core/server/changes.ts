// What a reload has changed, for the log: names of sections and instances, never what stands in them.
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { fingerprintOf } from '../config/fingerprint.ts'
import type { Generation } from './generation.ts'
import { sameKeys } from './server-keys.ts'

/** @returns such as `token.expiration`, `authenticators.corp`; none when nothing is different */
export function changesBetween(before: Generation, after: Generation): string[] {
  const changed = new Set([...sections(before.config, after.config), ...instances(before, after)])
  const [one, other] = [before.services, after.services]
  if (!sameKeys(one.keys, other.keys)) changed.add('token.keys')
  for (const [at, { options }] of other.tls)
    if (!isDeepStrictEqual(options, one.tls.get(at)?.options)) changed.add(at)
  if (!isDeepStrictEqual(one.clientTrust?.current.options, other.clientTrust?.current.options))
    changed.add('server.client_ca')
  return [...changed]
}

function* sections(before: Config, after: Config): Iterable<string> {
  for (const section of ['server', 'token', 'log'] as const) {
    const [one, other]: Record<string, unknown>[] = [before[section], after[section]]
    for (const key of new Set([...Object.keys(one!), ...Object.keys(other!)]))
      if (fingerprintOf(one![key]) !== fingerprintOf(other![key])) yield `${section}.${key}`
  }
  if (before.reload !== after.reload) yield 'server.reload'
}

function* instances(before: Generation, after: Generation): Iterable<string> {
  const [one, other] = [before, after].map(
    ({ services }) => new Map(services.made.map(({ instance }) => [nameOf(instance), instance])),
  )
  for (const name of new Set([...one!.keys(), ...other!.keys()]))
    if (one!.get(name) !== other!.get(name)) yield name
  for (const kind of ['authenticator', 'labeler', 'authorizer']) {
    const [ids, now] = [one!, other!].map((all) =>
      [...all.keys()].filter((name) => name.startsWith(kind) && one!.has(name) && other!.has(name)),
    )
    if (ids!.join() !== now!.join()) yield `${kind}s`
  }
}

function nameOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}s.${id}`
}
