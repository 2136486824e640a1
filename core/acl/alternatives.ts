// What to write where a list stands and a condition wants one pattern.

/** What is a pattern in itself, or is replaced, before anything is compared. */
const SPECIAL = /[*?[\]\\$]|^\/.*\/$/s

/**
 * The remedy, as the end of "must be one pattern; ".
 *
 * @param value what stands there, a list or anything else
 * @example oneOf(['dev', 'ops']) // "write '/^(dev|ops)$/'"
 */
export function oneOf(value: unknown): string {
  if (!Array.isArray(value)) return 'put it in quotes'
  const texts = value.filter((item) => typeof item === 'string' || typeof item === 'number').map(String)
  if (texts.length < value.length || texts.some((text) => text === '' || SPECIAL.test(text)))
    return 'write a rule for each'
  if (texts.length === 1) return `write it without [ ]: ${JSON.stringify(texts[0])}`
  const escaped = texts.map((text) => text.replace(/[.+(){}|^]/g, '\\$&').replaceAll("'", "''"))
  return texts.length === 0 ? 'write a pattern, or remove it' : `write '/^(${escaped.join('|')})$/'`
}
