// `dockwarden plugin try`: one call of one plugin, by the server's own steps: what it says, how long it took, and what it logged.
import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SYSTEM_CLOCK } from '../../kit/process.ts'
import { noteSecret, withSecrets } from '../../kit/request-secrets.ts'
import { createState } from '../../kit/state.ts'
import type { Secret } from '../../plugin.ts'
import { RequestError } from '../../request/errors.ts'
import { INSTANCES, type Instance } from '../../request/instance.ts'
import type { TraceStep } from '../../request/trace.ts'
import { createServices, type Services } from '../../server/container.ts'
import { createLog } from '../../server/log.ts'
import { ENTRIES } from '../../store/entries.ts'
import { createMemoryEntries } from '../../store/memory-entries.ts'
import { ConfigError, formatProblem } from '../../yaml/problems.ts'
import { readPassword } from '../explain/password.ts'
import { type ExplainOptions, type Question, readQuestion } from '../explain/question.ts'
import { openForQuestion } from '../explain/run.ts'
import { EXIT_USAGE, type Output } from '../output.ts'
import { type Alone, type Named, planAlone } from './alone.ts'
import { callOnce } from './call.ts'
import { noteSecretsOf } from './note-secrets.ts'
import { watchOutside } from './outside.ts'
import { readLogged, type Tried, triedJson, triedWords } from './try-words.ts'

/** As commander gives them. */
export type TryOptions = Named &
  Pick<ExplainOptions, 'account' | 'label' | 'ip' | 'service' | 'client' | 'json'>

/** What the command works with. */
export interface Around {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Output
}

/** Nobody need hand over a password where there is another way. */
const PATIENCE_MS = 10_000

/**
 * Calls a plugin once.
 *
 * @param file of the plugin
 * @param scopes what is asked for
 * @returns exit status: 0 for an accept, labels, or grants of all that was asked for; 1 otherwise
 * @throws ConfigError with the words of a start, when it can't be loaded or made; Error for wrong options
 */
export async function tryPlugin(
  file: string,
  scopes: readonly string[],
  options: TryOptions,
  { input, output }: Around,
): Promise<number> {
  const question = readQuestion(scopes, options)
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => void lines.push(line) })
  return await watchOutside(log, output, async (outside) => {
    const alone = await planAlone(file, options)
    outside.suspect = alone.plan
    const services = await open(alone, log)
    try {
      warn(services, alone, output)
      const instance = services.container.resolve(INSTANCES).find(({ id }) => id === alone.plan.id)!
      const password = await passwordFor(instance, question, input)
      return await withSecrets(async () => {
        noteSecret(password?.reveal())
        noteSecretsOf(alone.plan.options)
        const asking = { question, password, mostScopes: alone.config.server.limits.scopes }
        const called = await callOnce(instance, asking, services.container)
        // What was begun and forgotten may be thrown now.
        await nextTurn()
        const { kind, plugin, id } = instance
        const log = lines.flatMap((line) => readLogged(line, id))
        const tried: Tried = { file, kind, plugin, id, ...called, log }
        const text = options.json ? triedJson(tried) : triedWords(tried, output.stdout.isTTY === true)
        output.stdout.write(alone.said(text))
        return isPositive(called.steps, question) && !outside.fatal ? 0 : 1
      })
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      output.stderr.write(`dockwarden: ${error.message}\n`)
      return EXIT_USAGE
    } finally {
      await services.close()
    }
  })
}

/** What is warned of at its place in the configuration. */
function warn({ warnings }: Services, { plan, placed }: Alone, { stderr }: Output): void {
  for (const warning of warnings.filter(({ path }) => path.startsWith(plan.spot.path)))
    stderr.write(`warning: ${formatProblem(placed(warning))}\n`)
}

/** Nothing is made. Of a plugin that no configuration has, nothing is kept either. */
async function open({ config, configured, placed }: Alone, log: Logger): Promise<Services> {
  try {
    if (configured) return await openForQuestion(config, { at: undefined, ask: true }, log)
    const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
    return await createServices(config, log, state, (container) => {
      container.registerInstance(ENTRIES, createMemoryEntries(SYSTEM_CLOCK))
    })
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.problems.map(placed)) : error
  }
}

/** @throws Error when one is needed, and nobody hands it over */
async function passwordFor(
  { kind, implementation, exchange, anonymous }: Instance,
  { account }: Question,
  input: Around['input'],
): Promise<Secret | undefined> {
  if (kind !== 'authenticator' || (account === '' && !exchange)) return undefined
  const another =
    account === '' ? anonymous : 'refresh' in implementation && implementation.refresh !== undefined
  const password = await readPassword(input, another ? PATIENCE_MS : undefined)
  if (password || another) return password
  throw new Error(
    account === ''
      ? 'the token to exchange is missing; hand it over on standard input, or name an --account'
      : 'the password is missing, and the plugin has no refresh; hand it over: printf %s "$PASSWORD" | dockwarden plugin try ...',
  )
}

function isPositive(steps: readonly TraceStep[], { scopes }: Question): boolean {
  const [first] = steps
  if (!first || steps.some(({ outcome }) => outcome === 'unavailable')) return false
  if (first.kind !== 'authorizer') return first.outcome === 'accept' || first.outcome === 'labels'
  return (
    steps.length === scopes.length &&
    steps.every(
      ({ outcome, actions, resource }) => outcome === 'grant' && actions?.length === resource?.actions.length,
    )
  )
}
