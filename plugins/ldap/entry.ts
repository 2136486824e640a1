// An entry of the directory, as text.
import type { Entry as Raw } from 'ldapts'

/** A DN and its attributes' values, under names in lower case: servers write them as their schema does. */
export interface Entry {
  readonly dn: string
  readonly attributes: ReadonlyMap<string, readonly (string | Buffer)[]>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads what the client library gives.
 *
 * @throws Error when the server sends only a part of an attribute's values (Active Directory's range retrieval)
 */
export function readEntry({ dn, ...raw }: Raw): Entry {
  const attributes = new Map<string, readonly (string | Buffer)[]>()
  for (const [name, held] of Object.entries(raw)) {
    const [type, range] = name.toLowerCase().split(';range=')
    if (range !== undefined) {
      throw new Error(
        `${dn} has more values of ${type} than the server sends at once; find groups with \`groups\` instead`,
      )
    }
    attributes.set(type!, [held].flat())
  }
  return { dn, attributes }
}

function textOf(value: string | Buffer): string[] {
  if (typeof value === 'string') return [value]
  try {
    return [utf8.decode(value)]
  } catch {
    return []
  }
}

/** An attribute's texts, none when it is missing. Values that are no text are left out. */
export function valuesOf({ attributes }: Entry, name: string): readonly string[] {
  return (attributes.get(name.toLowerCase()) ?? []).flatMap(textOf)
}

/** All values of an attribute, in base 64. */
export function bytesOf({ attributes }: Entry, name: string): readonly string[] {
  return (attributes.get(name.toLowerCase()) ?? []).map((value) => Buffer.from(value).toString('base64'))
}
