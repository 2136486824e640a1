// One trusted issuer: what becomes of its tokens.
import type { JWTPayload } from 'jose'
import {
  type AuthnOutcome,
  CLAIMS,
  type Claims,
  faultOfAccount,
  type Host,
  type IdentityRules,
  identify,
  isAccountName,
  type Place,
  type RequestScope,
  reject,
  type Session,
} from '../../core/plugin.ts'
import { openFirstUse } from './once.ts'
import { openKeys } from './open-keys.ts'
import { condition, type IssuerOptions, type Options } from './options.ts'
import { endOf, type Session as Kept, toSession } from './session.ts'
import { verifyToken, WrongToken } from './verify.ts'

export interface Issuer {
  /**
   * Looks at a token that names this issuer.
   *
   * @param user the user name that was typed; empty in a token exchange
   * @throws Error when nobody can say whether it is good
   */
  authenticate(token: string, user: string, request: RequestScope): Promise<AuthnOutcome>
  /** Looks again at an account that a token of this issuer was accepted for. */
  refresh(session: Kept, account: string, request: RequestScope): AuthnOutcome
  ready(): Promise<void>
  close(): Promise<void>
}

/**
 * @param place where signatures are checked
 * @throws Error when a file that the options name can't be used
 */
export async function openIssuer(
  options: IssuerOptions,
  shared: Options,
  place: Place,
  host: Host,
): Promise<Issuer> {
  const { issuer, audience, account: name } = options
  const { clock } = host
  const isFirstUse = options.once ? openFirstUse(options, host) : undefined
  const keys = await openKeys(options, shared, host)
  const rules: IdentityRules = { ...options, accept: options.accept ?? condition.parse('true') }
  const about = (what: string) => `the token of ${issuer} ${what}`

  function outcomeOf(claims: JWTPayload, user: string, session?: Session): AuthnOutcome {
    const outcome = identify(rules, { claims, account: user }, session)
    // The host would take any other name for a fault of the plugin; but it is one of the token.
    if (outcome.outcome !== 'accept' || isAccountName(outcome.account!)) return outcome
    const fault = faultOfAccount(outcome.account!)
    const why = fault ? `: it ${fault}` : ''
    return reject(about(`stands for a name that no account can have (${JSON.stringify(name.source)})${why}`))
  }

  return {
    async authenticate(token, user, request) {
      try {
        const login = clock.now()
        const claims = await verifyToken(token, options, keys, place, login, request.signal)
        request.provide(CLAIMS, claims as Claims)
        const outcome = outcomeOf(claims, user, async () => toSession(claims, user, login, options))
        if (outcome.outcome === 'accept' && isFirstUse && !(await isFirstUse(claims)))
          return reject(about('was used before, and is good for one login (once)'))
        return outcome
      } catch (error) {
        if (error instanceof WrongToken) return reject(about(error.message))
        throw error
      }
    },
    refresh(session, account, request) {
      const { claims, user } = session
      if (clock.now() >= endOf(session, options)) return reject(about('that the login was made with is over'))
      if (![claims.aud].flat().some((one) => audience.includes(one as string))) {
        return reject(about('was for an audience that is not accepted any more'))
      }
      request.provide(CLAIMS, claims as Claims)
      const outcome = outcomeOf(claims, user)
      if (outcome.outcome === 'accept' && outcome.account !== account) {
        return reject(about(`is of another account now (${JSON.stringify(name.source)})`))
      }
      return outcome
    },
    ready: () => keys.ready(),
    close: () => keys.close(),
  }
}
