// Slips of the pen that YAML takes for something else.

/** A key and a value between which the blank is missing. */
const JOINED = /^([A-Za-z_][\w-]*)[:=](\S+)/

/**
 * What to write where a blank is missing: YAML reads `issuer:Acme` as one text.
 *
 * @param text a key or a value
 * @returns undefined when it is no such text
 * @example blankMissing('issuer:Acme') // 'write a blank after the colon: "issuer: Acme"'
 */
export function blankMissing(text: string): string | undefined {
  const [, key, value] = JOINED.exec(text) ?? []
  // An address is no key: `https://host`, `unix:/run/x`.
  if (key === undefined || value!.startsWith('/') || value!.includes('@')) return undefined
  return text.includes('=') && !text.includes(':')
    ? `write a colon and a blank for the =: ${key}: ${value}`
    : `write a blank after the colon: ${key}: ${value}`
}
