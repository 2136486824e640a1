// What a request asks for: the parameters of its URL and of its form, each read when it is first looked at. What the same URL says is
// read once: a hundred nodes that pull one image ask with one.
import { UNPRINTABLE } from '../contract/printable.ts'
import { type ResourceRequest, Secret } from '../plugin.ts'
import { readSecretToken } from '../token/secret-token.ts'
import { Generations } from '../work/generations.ts'
import { textHash } from '../work/text-hash.ts'
import { malformed } from './errors.ts'
import { exchangeForm, targetOf } from './exchange.ts'
import { assertTarget, inUrl } from './head.ts'
import { readQuery } from './parameters.ts'
import { parseScopes } from './scope.ts'
import { shownIn } from './shown.ts'

const MAX_TEXT = 256
/** URLs that are remembered, and how long one may be: a few megabytes at the most. */
const MOST_URLS = 1_000
const LONGEST_URL = 1_000

/** The parameters of one request; of a GET those of all with the same URL, which nobody may change. */
export class Asked {
  readonly query: URLSearchParams
  readonly form: URLSearchParams | undefined
  #service: string | undefined
  #account: string | undefined
  #id: string | undefined
  #offline: boolean | undefined
  #scopes: readonly ResourceRequest[] | undefined

  /** @param form undefined for a GET */
  constructor(query: URLSearchParams, form?: URLSearchParams) {
    this.query = query
    this.form = form
  }

  /** All values of a parameter: those of the form come first. */
  all(name: string): string[] {
    const inUrl = this.query.getAll(name)
    return this.form ? [...this.form.getAll(name), ...inUrl] : inUrl
  }

  /** The registry that the token is for. @throws RequestError 400 */
  get service(): string {
    this.#service ??= exchangeForm(this.form)
      ? parameterText('audience', targetOf([...this.all('audience'), ...this.all('service')]))
      : this.#text('service')
    return this.#service
  }

  /** Repeats the user name. @throws RequestError 400 */
  get account(): string {
    this.#account ??= this.#text('account')
    return this.#account
  }

  /** @throws RequestError 400 */
  get clientId(): string {
    this.#id ??= this.#text('client_id')
    return this.#id
  }

  /** Whether a refresh token is wanted too. @throws RequestError 400 */
  get offline(): boolean {
    this.#offline ??= this.#text('access_type') === 'offline' || this.#text('offline_token') === 'true'
    return this.#offline
  }

  /** @param most different ones; the same for all requests of a server @throws RequestError 400 */
  scopes(most: number): readonly ResourceRequest[] {
    this.#scopes ??= parseScopes(this.all('scope'), most)
    return this.#scopes
  }

  #text(name: string): string {
    return parameterText(name, this.all(name)[0] ?? '')
  }
}

/** What the URLs of one server's requests say. Kept is what has come twice: most that come once never come again. */
export class AskedByUrl {
  readonly #known = new Generations<Asked>(MOST_URLS)
  /** Hashes of those that have come once, each in its place. */
  readonly #once = new Int32Array(MOST_URLS)

  /** @throws RequestError 400 for a URL that can't be read, or shows who somebody is */
  of(url: string): Asked {
    return this.#known.get(url) ?? readUrl(url)
  }

  /** Takes note of one that could be understood as a whole. */
  note(url: string, asked: Asked): void {
    if (asked.form || url.length > LONGEST_URL || this.#known.get(url)) return
    const hash = textHash(url)
    const place = Math.abs(hash % MOST_URLS)
    if (this.#once[place] === hash) this.#known.put(url, asked)
    else this.#once[place] = hash
  }
}

function readUrl(url: string): Asked {
  assertTarget(url)
  const query = readQuery(url)
  const shown = shownIn(query)
  if (shown !== undefined) throw inUrl(shown)
  return new Asked(query)
}

/** @throws RequestError 400 for a value that is no text of one line, too long, or a token */
export function parameterText(name: string, value: string): string {
  if (value === '') return value
  // A slip of the pen, which would end up in the log.
  if (readSecretToken(new Secret(value))) throw malformed(`${name} is a token; write it as the password`)
  if (value.length > MAX_TEXT || UNPRINTABLE.test(value)) {
    throw malformed(`${name} must be at most ${MAX_TEXT} printable characters`)
  }
  return value
}
