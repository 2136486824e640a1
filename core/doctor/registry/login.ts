// A login, as docker makes it: the account's password to the realm, and what comes of it to the registry.
import type { Secret } from '../../plugin.ts'
import { type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { CLIENT, messageOf, questionOf } from './endpoint.ts'
import { hostOf, isLoopback } from './names.ts'
import { noAnswerInWords } from './no-answer.ts'
import type { Prober } from './probe.ts'

/** Who logs in. */
export interface LoginAs {
  readonly account: string
  readonly password: Secret
}

/**
 * The password goes to nobody whose certificate is not trusted, and does not leave this machine over plain HTTP.
 *
 * @param trusting asks, and trusts our own certificate too
 */
export async function logIn(
  { account, password }: LoginAs,
  realm: URL,
  service: string,
  ours: Ours | undefined,
  trusting: Ask,
  prober: Prober,
): Promise<Finding> {
  const question = questionOf(realm, service)
  question.searchParams.set('account', account)
  const authorization = `Basic ${Buffer.from(`${account}:${password.reveal()}`).toString('base64')}`
  const who = JSON.stringify(account)
  if (realm.protocol === 'http:' && !isLoopback(hostOf(realm))) {
    return wrong(
      'login',
      `the login of ${who} was not tried: the realm is plain http`,
      'the password would cross the network in the clear, as it does with every client',
      'give the token server TLS (server.tls, or a proxy)',
    )
  }
  try {
    const answer = await trusting(question, { headers: { authorization }, strict: true })
    const token = (answer.json as { token?: unknown } | undefined)?.token
    if (answer.status !== 200 || typeof token !== 'string') {
      return wrong(
        'login',
        `the login of ${who} is answered with ${answer.status}: ${messageOf(answer) || 'no token'}`,
        'the account can not log in',
        `the audit line of the server's log says who refused it (client ${CLIENT}); dockwarden explain${ours ? ` ${ours.config.file}` : ''} --account ${account} --ask asks again`,
      )
    }
    const verdict = await prober.showToken(token)
    if (verdict === 'accepted') return ok('login', `${who} logs in, and the registry takes the token`)
    return wrong(
      'login',
      `${who} gets a token, and the registry does not take it`,
      'docker login fails',
      'see the other findings on the registry',
    )
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    return wrong(
      'login',
      `the login of ${who} was not tried: ${noAnswerInWords(error.code)}`,
      'a password is sent only to a server whose certificate is trusted',
      'mend the certificate, or name its authority with --ca FILE',
    )
  }
}

/** There is nobody to log in to. */
export function notTried({ account }: LoginAs): Finding {
  return warning(
    'login',
    `the login of ${JSON.stringify(account)} was not tried`,
    'the realm does not lead to the token server, and a password is for nobody else',
    'mend what is found of the realm first',
  )
}
