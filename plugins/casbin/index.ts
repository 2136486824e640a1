// The casbin authorizer: a casbin model and policy in files, asked with docker_auth's seven facts about each action.
import {
  type Authorizer,
  type AuthzOutcome,
  definePlugin,
  deny,
  explained,
  filePath,
  grant,
  inSlices,
  type Labels,
  parseAddress,
  type RequestScope,
  type ResourceRequest,
  type Steps,
  type Why,
  z,
} from '../../core/plugin.ts'
import { openFiles } from './files.ts'
import { Unjudgeable } from './functions.ts'
import type { Answer, Judge } from './judge.ts'
import { labelsText } from './labels.ts'

const options = z.strictObject({
  model: filePath(z.string().min(1, 'must be a path')).describe(
    "casbin's model file, relative to the configuration.",
  ),
  policy: filePath(z.string().min(1, 'must be a path')).describe(
    'The policy, a CSV file, relative to the configuration.',
  ),
})

/** No client asks for so many; each costs an evaluation of the whole policy. */
const MOST_ACTIONS = 32

export default definePlugin({
  kind: 'authorizer',
  name: 'casbin',
  options,
  async create(paths, host): Promise<Authorizer> {
    const current = await openFiles(paths, host)
    async function authorize(
      resource: ResourceRequest,
      request: RequestScope,
      why?: Why,
    ): Promise<AuthzOutcome> {
      const asked = new Set(resource.actions)
      if (asked.size > MOST_ACTIONS) {
        why?.say(`more than ${MOST_ACTIONS} actions were asked for`)
        return deny(`more than ${MOST_ACTIONS} actions were asked for`)
      }
      return await inSlices(decide(current.judge(), resource, asked, request, why), request.work)
    }

    return {
      answersFrom: 'files',
      authorize: (resource, request) => authorize(resource, request),
      explain: (resource, request) => explained((why) => authorize(resource, request, why)),
      close: () => current.close(),
    }
  },
})

function* decide(
  judge: Judge,
  { type, name, actions }: ResourceRequest,
  asked: ReadonlySet<string>,
  { account, service, client, labels, log }: RequestScope,
  why: Why | undefined,
): Steps<AuthzOutcome> {
  yield stepsOf(labels)
  const facts = { account, type, name, service, ip: addressText(client.ip), labels: labelsText(labels) }
  const allowed = new Set<string>()
  const lines = new Set<number>()
  const failures = new Set<string>()
  for (const action of asked) {
    try {
      const answer = yield* judge.ask({ ...facts, action })
      why?.say(`${action}: ${answerIn(answer)}`)
      if (!answer.allowed) continue
      allowed.add(action)
      if (answer.line !== undefined) lines.add(answer.line)
    } catch (error) {
      if (!(error instanceof Unjudgeable)) throw error
      failures.add(error.message)
      why?.say(`${action}: not granted, as ${error.message}`)
    }
  }
  if (asked.size === 0) why?.say('no action was asked for')
  for (const failure of failures) log.warn({ type, name }, `casbin: not granted, as ${failure}`)
  const rule = lines.size > 0 ? `policy line ${[...lines].join(', ')}` : undefined
  return grant(
    actions.filter((action) => allowed.has(action)),
    rule,
  )
}

function answerIn({ allowed, line }: Answer): string {
  if (line === undefined) return allowed ? 'the policy allows it' : 'no line of the policy allows it'
  return `line ${line} of the policy ${allowed ? 'allows' : 'denies'} it`
}

/** What it costs to write the labels down. */
function stepsOf(labels: Labels): number {
  return 1 + Object.keys(labels).reduce((sum, name) => sum + Math.ceil(labels[name]!.length / 4), 0)
}

/** As Go writes addresses; an unknown one is the text that docker_auth gives to its models. */
function addressText(ip: string | undefined): string {
  const address = ip === undefined ? undefined : parseAddress(ip)
  return address?.length === 4 ? address.join('.') : (ip ?? '<nil>')
}
