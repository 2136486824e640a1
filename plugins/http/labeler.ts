// Asks any HTTP service for the labels of an account that another plugin has accepted; reads them with CEL.
import {
  connectionOptions,
  definePlugin,
  deriveLabels,
  type Expression,
  explained,
  expression,
  firstCondition,
  HTTP_ANSWER_VARIABLES,
  type HttpAnswer,
  type Identity,
  type Labels,
  NO_LABELS,
  type RequestScope,
  readHttpAnswer,
  secretTemplate,
  template,
  UnusableValue,
  type Why,
  z,
} from '../../core/plugin.ts'
import { originsOf, readiness, readyOption } from './ready.ts'
import { buildRequest, checkRequest, requestOptions, variablesOf } from './request.ts'
import { sayAnswered, sayAsked } from './why.ts'

/** Placeholders for texts; `${labels}` is an object, for `json` only. */
const PLACEHOLDERS = ['account', 'authenticator', 'service', 'ip', 'client_id'] as const

const VARIABLES = {
  ...HTTP_ANSWER_VARIABLES,
  request: {
    account: 'string',
    authenticator: 'string',
    service: 'string',
    ip: 'string',
    client_id: 'string',
    labels: 'map<string, list<string>>',
  },
} as const

const condition = expression({ variables: VARIABLES, returns: 'bool' })

const options = z
  .strictObject({
    ...requestOptions(PLACEHOLDERS, ['labels']),
    basic: z
      .strictObject({
        username: template({ variables: PLACEHOLDERS }).describe('The user name.'),
        password: secretTemplate({ variables: PLACEHOLDERS }).describe(
          'The password; write it as !env NAME or !file PATH.',
        ),
      })
      .optional()
      .describe("Sends Basic credentials of your own; the client's password is not known here."),
    none: condition
      .prefault('response.status == 404')
      .describe('CEL: true = the service does not know the account, which then gets no labels here.'),
    accept: condition
      .prefault('response.status >= 200 && response.status < 300')
      .describe(
        'CEL: true = the answer holds the labels. Asked after `none`; when neither holds, unavailable.',
      ),
    labels: z
      .record(z.string(), expression({ variables: VARIABLES }))
      .refine((given) => Object.keys(given).length > 0, 'must name one label at least')
      .describe('Label names to CEL that gives text or a list of texts; a missing field = no such label.'),
    anonymous: z.boolean().default(false).describe('Also ask about requests without credentials.'),
    ...readyOption,
    ...connectionOptions,
  })
  .superRefine(checkRequest)

export default definePlugin({
  kind: 'labeler',
  name: 'http',
  options,
  create(options, host) {
    const client = host.http.open({ ...options, origins: originsOf(options) })
    const { origin } = options.url
    const conditions = [
      ['none', options.none],
      ['accept', options.accept],
    ] as const
    async function label(
      { account, authenticator, labels }: Identity,
      { service, client: { ip = '', id = '' }, signal }: RequestScope,
      why?: Why,
    ): Promise<Labels> {
      if (account === '' && !options.anonymous) {
        why?.say('it is not asked about clients without credentials (anonymous: false)')
        return NO_LABELS
      }
      const texts = { account, authenticator, service, ip, client_id: id }
      const request = tryBuild(() => buildRequest(options, texts, { labels }), origin)
      sayAsked(why, { ...request, url: options.url, variables: variablesOf(options) }, { ...texts, labels })
      const response = await client.send({ ...request, signal })
      const answer = readHttpAnswer(response, origin, { ...texts, labels })
      sayAnswered(why, answer)
      const held = firstCondition(conditions, answer, { missing: 'failure', why })
      if (!held) throw new Error(`${origin}: answered ${answer.status}; neither none nor accept is true`)
      return held.name === 'none' ? NO_LABELS : labelsIn(answer, options.labels)
    }

    return {
      label: (identity, request) => label(identity, request),
      explain: (identity, request) => explained((why) => label(identity, request, why)),
      ...readiness(client, options.ready),
      close: () => client.close(),
    }
  },
})

/** An account that can't be sent has labels that can't be known; to leave them out could skip a rule that denies. */
function tryBuild<T>(build: () => T, origin: string): T {
  try {
    return build()
  } catch (error) {
    if (!(error instanceof UnusableValue)) throw error
    throw new Error(
      `${origin}: not asked: ${error.message}; put it into \`json\` or \`form\`, which carry any text`,
    )
  }
}

function labelsIn(
  { values, origin, status }: HttpAnswer,
  rules: Readonly<Record<string, Expression>>,
): Labels {
  try {
    return deriveLabels(rules, values)
  } catch (error) {
    const why =
      values.body === undefined ? `answered ${status} with a body that is not JSON` : (error as Error).message
    throw new Error(`${origin}: ${why}`)
  }
}
