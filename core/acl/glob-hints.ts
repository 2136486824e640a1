// Globs that surely do not mean what whoever wrote them meant.

/** A regular expression's beginning, which no account and no name of a resource has. */
const LOOKS_LIKE_REGEX = /^\/?\^|^\.[*+]$/

/**
 * What is doubtful about a glob.
 *
 * @param glob as written
 * @returns the message with its remedy, or undefined
 */
export function doubtOfGlob(glob: string): string | undefined {
  if (glob.includes('**') && !glob.includes('[') && !glob.includes('\\')) {
    const text = /^[^*?]*\/(?=\*\*$)/.exec(glob)?.[0]
    const below = text === undefined ? 'a /regex/' : `'/^${text.replace(/[.+()|{}^$/]/g, '\\$&')}/'`
    return `** stops at / here, as * does; write ${below} to match names with further slashes`
  }
  if (LOOKS_LIKE_REGEX.test(glob)) {
    return "looks like a regular expression, but is matched as a glob; enclose it in slashes: '/^...$/'"
  }
  return undefined
}
