// What a plugin does that wants to change everything that it gets.
import { CLIENT, IDENTITY, LABELS, type RequestScope, TOKEN_REQUEST } from 'dockwarden/plugin'

/**
 * Tries to change all that can be reached from the values.
 *
 * @param values by the names that the result calls them
 * @returns what could be changed: `credentials.account`
 */
export function meddle(values: Readonly<Record<string, unknown>>): string[] {
  const changed: string[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    // Read anew each time: it is the plugin's own.
    if (value instanceof Date || value instanceof AbortSignal || value instanceof URL) return
    changed.push(...changesIn(value).map((change) => `${path}${change}`))
    if (value instanceof Map) for (const [key, held] of value) visit(held, `${path}.get(${key})`)
    for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key), `${path}.${String(key)}`)
  }
  for (const [name, value] of Object.entries(values)) visit(value, name)
  return changed
}

function changesIn(value: object): string[] {
  const changes: [string, () => unknown][] = [
    [' takes another property', () => Reflect.set(value, 'evil', 'evil')],
    [' takes another prototype', () => Reflect.setPrototypeOf(value, { evil: 'evil' })],
    ...Reflect.ownKeys(value).flatMap((key): [string, () => unknown][] => [
      [`.${String(key)} is set`, () => Reflect.set(value, key, 'evil')],
      [`.${String(key)} is defined`, () => Reflect.defineProperty(value, key, { value: 'evil' })],
      [`.${String(key)} is deleted`, () => Reflect.deleteProperty(value, key)],
    ]),
  ]
  if (Array.isArray(value)) changes.push([' takes more', () => value.push('delete')])
  if (value instanceof Map) changes.push([' takes another key', () => value.set('evil', 'evil')])
  return changes.flatMap(([name, change]) => (succeeds(change) ? [name] : []))
}

function succeeds(change: () => unknown): boolean {
  try {
    return change() !== false
  } catch {
    return false
  }
}

/** What a request gives, for `meddle`. */
export function partsOf(request: RequestScope): Record<string, unknown> {
  const { account, labels, client, service, work } = request
  const resolved = [CLIENT, IDENTITY, LABELS, TOKEN_REQUEST].map((token) => request.resolve<unknown>(token))
  return { request, account, labels, client, service, work, resolved: Object.freeze(resolved) }
}
