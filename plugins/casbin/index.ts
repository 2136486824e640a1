// The casbin authorizer: a casbin model and policy in files, asked with docker_auth's seven facts about each action.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Authorizer, definePlugin, deny, grant, parseAddress, z } from '../../core/contract/index.ts'
import { openFiles } from './files.ts'
import { labelsText } from './labels.ts'

const options = z.strictObject({
  model: z.string().min(1, 'must be a path').describe("casbin's model file, relative to the configuration."),
  policy: z
    .string()
    .min(1, 'must be a path')
    .describe('The policy, a CSV file, relative to the configuration.'),
})

/** No client asks for so many; each costs an evaluation of the whole policy. */
const MOST_ACTIONS = 32

export default definePlugin({
  kind: 'authorizer',
  name: 'casbin',
  options,
  async create(paths, host): Promise<Authorizer> {
    const current = await openFiles(paths, host)
    return {
      async authorize({ type, name, actions }, { account, service, client, labels, signal, log }) {
        const asked = new Set(actions)
        if (asked.size > MOST_ACTIONS) return deny(`more than ${MOST_ACTIONS} actions were asked for`)
        const judge = current.judge()
        const facts = { account, type, name, service, ip: addressText(client.ip), labels: labelsText(labels) }
        const allowed: string[] = []
        const lines = new Set<number>()
        const failures = new Set<string>()
        for (const action of asked) {
          try {
            const answer = judge.ask({ ...facts, action })
            if (!answer.allowed) continue
            allowed.push(action)
            if (answer.line !== undefined) lines.add(answer.line)
          } catch (error) {
            failures.add((error as Error).message)
          }
          // Others' requests go on between two evaluations, and ours ends with its time.
          await nextTurn()
          signal.throwIfAborted()
        }
        for (const failure of failures) log.warn({ type, name }, `casbin: not granted, as ${failure}`)
        const rule = lines.size > 0 ? `policy line ${[...lines].join(', ')}` : undefined
        return grant(
          actions.filter((action) => allowed.includes(action)),
          rule,
        )
      },
      close: () => current.close(),
    }
  },
})

/** As Go writes addresses; an unknown one is the text that docker_auth gives to its models. */
function addressText(ip: string | undefined): string {
  const address = ip === undefined ? undefined : parseAddress(ip)
  return address?.length === 4 ? address.join('.') : (ip ?? '<nil>')
}
