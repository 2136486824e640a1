// Distinguished names as text (RFC 4514): writing a value into one, and reading the common name out of one.

/** Characters with a meaning in a DN; `#` and blanks have one at an end only, but may be escaped anywhere. */
const SPECIAL = /[\\"+,;<>=#\0]|^ | $/g

/**
 * Escapes a value so that it stays one value of a DN, whatever stands in it. A bare blank in the middle stays as it is.
 *
 * @example `uid=${escapeDnValue('a,ou=admins')},ou=people` // uid=a\2cou\3dadmins,ou=people
 * @see https://www.rfc-editor.org/rfc/rfc4514#section-2.4
 */
export function escapeDnValue(value: string): string {
  return value.replace(SPECIAL, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/**
 * The first common name (cn) in a DN, unescaped.
 *
 * @returns undefined when there is none, or the text is no DN
 * @example commonNameOf('cn=Ops\\2C Berlin,ou=groups,dc=example,dc=com') // 'Ops, Berlin'
 */
export function commonNameOf(dn: string): string | undefined {
  for (const part of splitUnescaped(dn)) {
    const equals = part.indexOf('=')
    if (equals < 0) return undefined
    const type = part.slice(0, equals).trim().toLowerCase()
    if (type === 'cn' || type === '2.5.4.3') return unescaped(trimValue(part.slice(equals + 1)))
  }
  return undefined
}

/** The DN's `type=value` parts. Commas, semicolons (RFC 2253) and plus signs part them, unless escaped or quoted. */
function splitUnescaped(dn: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < dn.length; index++) {
    const char = dn[index]!
    if (char === '\\') index++
    else if (char === '"') quoted = !quoted
    else if (!quoted && ',;+'.includes(char)) {
      parts.push(dn.slice(start, index))
      start = index + 1
    }
  }
  parts.push(dn.slice(start))
  return parts
}

/** Without the blanks around it (an escaped one at the end stays) and the quotes of older servers. */
function trimValue(text: string): string {
  const trimmed = text.replace(/^ +/, '').replace(/(?<!(?:^|[^\\])(?:\\\\)*\\) +$/, '')
  return trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"')
    ? trimmed.slice(1, -1)
    : trimmed
}

const ESCAPED = /(?:\\[0-9a-f]{2})+|\\([\s\S])/gi

/** Pairs of hex digits are the bytes of UTF-8. */
function unescaped(value: string): string {
  return value.replace(ESCAPED, (run, char?: string) =>
    char === undefined ? Buffer.from(run.replaceAll('\\', ''), 'hex').toString('utf8') : char,
  )
}
