// A person at a browser, without the browser: cookies, links and forms, no scripts.

export interface PageSeen {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Where it leads on to, as a whole URL. */
  readonly location: string | undefined
}

/** Keeps the cookies of every host that it visits, as they are set. */
export class Visitor {
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #headers: Readonly<Record<string, string>>

  /** @param headers sent with each request, such as `X-Forwarded-For` */
  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers
  }

  /** Follows no redirect. */
  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<PageSeen> {
    return this.#send(url, { method: 'GET', headers })
  }

  head(url: string): Promise<PageSeen> {
    return this.#send(url, { method: 'HEAD' })
  }

  post(url: string, fields: Readonly<Record<string, string>>): Promise<PageSeen> {
    return this.#send(url, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** The names of the cookies that a host has set. */
  cookies(url: string): string[] {
    return [...this.#jar(url).keys()]
  }

  /** Another visitor with the same cookies. */
  clone(): Visitor {
    const other = new Visitor(this.#headers)
    for (const [host, jar] of this.#cookies) other.#cookies.set(host, new Map(jar))
    return other
  }

  async #send(
    url: string,
    init: RequestInit & { headers?: Readonly<Record<string, string>> },
  ): Promise<PageSeen> {
    const jar = this.#jar(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        // As after a click on one of our pages.
        'sec-fetch-site': 'same-origin',
        ...this.#headers,
        ...init.headers,
        ...(cookie !== '' && { cookie }),
      },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/)
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const gone = value === '' || attributes.some((text) => /^expires=Thu, 01 Jan 1970/i.test(text))
      if (gone) jar.delete(name)
      else jar.set(name, value)
    }
    const location = answer.headers.get('location')
    return {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      location: location === null ? undefined : new URL(location, url).href,
    }
  }

  #jar(url: string): Map<string, string> {
    const { host } = new URL(url)
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    return jar
  }
}
