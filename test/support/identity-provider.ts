// A made-up identity provider, for tests of what the host does with any of them. Its refresh tokens are good once: whoever
// shows an old one ends the whole session, as strict providers do. The plugin that talks to it is plugins/signing-in.ts.
import { randomUUID } from 'node:crypto'
import type { Labels } from '../../core/plugin.ts'
import { json, serve, type TestServer } from './http-server.ts'

export interface Person {
  readonly account: string
  readonly labels: Labels
  /** What is left of a sign-in without refresh tokens. */
  readonly session?: string
  /** Why this person may not come in. */
  readonly refused?: string
}

export interface IdentityProvider {
  readonly url: string
  readonly server: TestServer
  /** Who says yes at the next sign-in; undefined = the person says no. */
  person: Person | undefined
  /** Whether it gives refresh tokens. */
  lasting: boolean
  /** Answers 500 to everything while it is. */
  down: boolean
  /** How often it was asked whether a session is still good. */
  refreshes: number
  /** Called before each answer to that question. */
  beforeRefresh: () => Promise<void>
  /** Ends everything that was ever given to an account. */
  disable(account: string): void
  /** Plays the person and the provider: from the URL that the browser was sent to, to the one that it is sent back to. */
  consent(url: string): string
  close(): Promise<void>
}

interface Session {
  readonly person: Person
  /** All that were given; only the last one is good. */
  readonly tokens: string[]
}

/** @example const provider = await startIdentityProvider() */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const codes = new Map<string, Person>()
  const sessions = new Set<Session>()
  const answerTo = (session: Session) => {
    session.tokens.push(randomUUID())
    return { ...session.person, session: session.tokens.at(-1) }
  }
  const exchange = (code: string) => {
    const person = codes.get(code)
    codes.delete(code)
    if (!person) return undefined
    if (!provider.lasting) return person
    const session: Session = { person, tokens: [] }
    sessions.add(session)
    return answerTo(session)
  }
  const refresh = (token: string) => {
    const session = [...sessions].find(({ tokens }) => tokens.includes(token))
    if (!session) return undefined
    if (session.tokens.at(-1) === token) return answerTo(session)
    sessions.delete(session)
    return undefined
  }
  const server = await serve(async ({ url, body }, response) => {
    const asked = JSON.parse(body)
    if (url === '/refresh') {
      provider.refreshes++
      await provider.beforeRefresh()
    }
    if (provider.down) return json(response, 500, {})
    const answer = url === '/refresh' ? refresh(asked.token) : exchange(asked.code)
    if (answer?.refused !== undefined) {
      return json(response, 403, { reason: answer.refused, account: answer.account })
    }
    json(response, answer ? 200 : 403, answer ?? { reason: 'the session has ended' })
  })
  const provider: IdentityProvider = {
    url: server.origin,
    server,
    person: undefined,
    lasting: true,
    down: false,
    refreshes: 0,
    beforeRefresh: async () => {},
    disable(account) {
      for (const session of sessions) if (session.person.account === account) sessions.delete(session)
    },
    consent(url) {
      const { searchParams } = new URL(url)
      const back = new URL(searchParams.get('redirect_uri')!)
      back.searchParams.set('state', searchParams.get('state')!)
      if (provider.person) {
        const code = randomUUID()
        codes.set(code, provider.person)
        back.searchParams.set('code', code)
      } else {
        back.searchParams.set('error', 'access_denied')
      }
      return back.href
    },
    close: () => server.close(),
  }
  return provider
}
