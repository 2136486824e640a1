// Writes a file of cases from what an audit log says was asked and granted.
import { stringify } from 'yaml'
import { scopeText } from '../request/scope.ts'
import type { LoggedRequest, LoggedRequests } from './logged.ts'

/**
 * Makes cases: of each account and each rule that decided for it, the request that was asked most often, by what came of it.
 *
 * @returns the file's text, and how many cases there are in it
 */
export function casesOf({ requests }: LoggedRequests): { readonly text: string; readonly count: number } {
  const chosen = new Map<string, LoggedRequest>()
  for (const one of requests) {
    const { account, labels, resource } = one.request
    const key = JSON.stringify([account, labels, resource.type, resource.actions, one.by, one.granted])
    const other = chosen.get(key)
    if (!other || one.times > other.times) chosen.set(key, one)
  }
  const all = [...chosen.values()].sort((one, other) => compare(one, other))
  return { text: stringify(all.map(caseOf), { lineWidth: 0 }), count: all.length }
}

function compare(one: LoggedRequest, other: LoggedRequest): number {
  const textOf = ({ request: { account, resource } }: LoggedRequest) => `${account}\0${scopeText(resource)}`
  return textOf(one) < textOf(other) ? -1 : 1
}

function caseOf({ request, granted, by }: LoggedRequest): Record<string, unknown> {
  const { account, labels, ip, service, client, at, resource } = request
  return {
    name: `${account === '' ? 'anonymous' : account}: ${by}`,
    ...(account !== '' && { account }),
    ...(labels && Object.keys(labels).length > 0 && { labels: { ...labels } }),
    ...(ip !== undefined && { ip }),
    ...(service !== undefined && { service }),
    ...(client !== undefined && { client }),
    ...(at !== undefined && { at: new Date(at).toISOString() }),
    scope: scopeText(resource),
    expect: granted.length === 0 ? 'denied' : granted,
  }
}
