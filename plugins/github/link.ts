// The Link header, by which an answer says where its next page is.

const LINK = /<([^<>]*)>([^<>]*)/g
const NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i

/**
 * The address of the next page.
 *
 * @returns undefined when this is the last one
 * @example nextPage('<https://api.github.com/user/teams?page=2>; rel="next"') // 'https://api.github.com/user/teams?page=2'
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function nextPage(header: string | undefined): string | undefined {
  for (const [, address, parameters] of (header ?? '').matchAll(LINK)) {
    if (NEXT.test(parameters!)) return address
  }
  return undefined
}
