// What shows who somebody is, where it does not count: in a URL, which proxies and browsers keep, or under a name that no grant
// reads. It is refused: whoever sends it must not be taken for nobody.

/** In the words of OAuth, and in those of other servers. */
const NAMES = [
  'username',
  'password',
  'refresh_token',
  'access_token',
  'id_token',
  'subject_token',
  'actor_token',
  'client_secret',
  'client_assertion',
  'assertion',
  'code',
  'device_code',
  'token',
  'secret',
  'pass',
  'passwd',
  'pwd',
  'passphrase',
  'api_key',
  'authorization',
]
/** By their letters alone: `Password`, `refreshToken` and `refresh-token` are slips of the pen. */
const BY_LETTERS = new Map(NAMES.map((name) => [letters(name), name]))

function letters(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '')
}

/** Whether a parameter's value is secret, also where it has no business. */
export function isProof(name: string): boolean {
  const known = BY_LETTERS.get(letters(name))
  return known !== undefined && known !== 'username'
}

/** Those that hold names, in which a few letters after `dwp_` are no token. */
const NAMING = new Set(['scope', 'service', 'account', 'client_id'])
/** A token of ours, or most of one. */
const OWN_TOKEN = /dw[prb]_[0-9A-Za-z]{16}/
const LIKE_OWN_TOKEN = /^\s*dw[prb]_/

/**
 * Finds a parameter that shows who somebody is.
 *
 * @returns what it is, for a message: never the client's own text
 */
export function shownIn(parameters: URLSearchParams): string | undefined {
  for (const [name, value] of parameters) {
    const known = NAMING.has(name) ? undefined : BY_LETTERS.get(letters(name))
    if (holdsOwnToken(name) || holdsOwnToken(value) || (!NAMING.has(name) && LIKE_OWN_TOKEN.test(value)))
      return 'a token of this server'
    if (known !== undefined) return known
  }
  return undefined
}

/** A parameter's name. What is none is JSON, a part of a multipart body, lines of `name: value`, .... */
const NAME = /^[\w.~[\]-]*$/

/** Whether all that should be names of parameters can be some. */
export function isForm(parameters: URLSearchParams): boolean {
  return [...parameters.keys()].every((name) => NAME.test(name))
}

/** Whether a token of ours, or most of one, stands in a text. */
export function holdsOwnToken(text: string): boolean {
  return OWN_TOKEN.test(text)
}
