// Authenticates against any HTTP service: sends the credentials, reads the verdict from the answer with CEL.
import {
  type AuthnOutcome,
  accept,
  type Credentials,
  definePlugin,
  deriveLabels,
  explained,
  firstCondition,
  type HttpAnswer,
  pass,
  type RequestScope,
  readHttpAnswer,
  reject,
  UnusableValue,
  type Why,
} from '../../core/plugin.ts'
import { answersFromPassword, type Options, options, type Values } from './options.ts'
import { originsOf, readiness } from './ready.ts'
import { buildRequest, variablesOf } from './request.ts'
import { sayAnswered, sayAsked } from './why.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'http',
  options,
  anonymous: true,
  create(options, host) {
    const client = host.http.open({ ...options, origins: originsOf(options) })
    async function authenticate(
      credentials: Credentials,
      { service, client: { ip = '', id = '' }, signal }: RequestScope,
      why?: Why,
    ): Promise<AuthnOutcome> {
      if (credentials.kind === 'anonymous' && !options.anonymous) {
        why?.say('it is not asked about clients without credentials (anonymous: false)')
        return pass
      }
      const facts = { account: credentials.account, service, ip, client_id: id }
      const request = tryBuild(options, { ...facts, password: credentials.password.reveal() })
      if (request instanceof UnusableValue) {
        why?.say(`it is not asked: ${request.message}`)
        return reject(request.message)
      }
      sayAsked(why, { ...request, url: options.url, variables: variablesOf(options) }, facts)
      const response = await client.send({ ...request, signal })
      const answer = readHttpAnswer(response, options.url.origin, facts)
      sayAnswered(why, answer)
      return outcomeOf(options, answer, why)
    }

    return {
      ...(answersFromPassword(options) && { answersFrom: 'password' }),
      authenticate: (credentials, request) => authenticate(credentials, request),
      explain: (credentials, request) => explained((why) => authenticate(credentials, request, why)),
      ...readiness(client, options.ready),
      close: () => client.close(),
    }
  },
})

function tryBuild(options: Options, values: Values) {
  try {
    return buildRequest(options, values)
  } catch (error) {
    if (error instanceof UnusableValue) return error
    throw error
  }
}

function outcomeOf(options: Options, answer: HttpAnswer, why: Why | undefined): AuthnOutcome {
  const { pass: passes, reject: rejects, accept: accepts } = options
  const conditions = [
    ['pass', passes],
    ['reject', rejects],
    ['accept', accepts],
  ] as const
  const held = firstCondition(conditions, answer, { missing: 'failure', why })
  if (held?.name === 'pass') return pass
  if (held?.name === 'accept') {
    const labels = deriveLabels(options.labels, answer.values)
    return options.account
      ? accept({ account: accountOf(options.account, answer), labels })
      : accept({ labels })
  }
  return reject(
    `${answer.origin} answered ${answer.status}: ${held ? 'reject is true' : 'accept is not true'}`,
  )
}

function accountOf(rule: NonNullable<Options['account']>, answer: HttpAnswer): string {
  const account = rule.evaluate(answer.values)
  if (typeof account === 'string' && account !== '') return account
  throw new Error(`${answer.origin}: the expression of \`account\` must give a text that is not empty`)
}
