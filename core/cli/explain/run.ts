// Runs `dockwarden explain`: opens what the configuration names, asks, and prints the answer.
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { type Config, readConfig } from '../../config/config.ts'
import { CLOCK } from '../../kit/process.ts'
import { noteSecret, withSecrets } from '../../kit/request-secrets.ts'
import { createState } from '../../kit/state.ts'
import type { Secret } from '../../plugin.ts'
import { audit } from '../../request/audit.ts'
import { RequestError } from '../../request/errors.ts'
import { CHAINS } from '../../request/pipeline.ts'
import { takesAnonymous } from '../../server/anonymous.ts'
import { createServices, type Services } from '../../server/container.ts'
import { createLog } from '../../server/log.ts'
import { countAtServer } from '../../server/remote-gate.ts'
import { tokenSettings } from '../../server/token-settings.ts'
import { ENTRIES } from '../../store/entries.ts'
import { readOnlyEntries } from '../../store/read-only-entries.ts'
import { TOKEN_STORE } from '../../store/token-store.ts'
import { operator } from '../operator.ts'
import { EXIT_USAGE, type Output } from '../output.ts'
import { type Answer, answerTo, isGranted } from './answer.ts'
import { findAudited } from './audit-line.ts'
import { readPassword } from './password.ts'
import { type ExplainOptions, type Question, readQuestion, splitWords } from './question.ts'
import { whoCould } from './who.ts'
import { whoJson, whoWords } from './who-words.ts'
import { jsonOf, wordsOf } from './words.ts'

/** What the command works with. */
export interface Around {
  /** The configuration's file, as it was named or by default. */
  readonly configFile: (name: string | undefined) => string
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Output
}

/**
 * Explains what an account may do.
 *
 * @param words of the command line: the configuration, if any, and scopes
 * @returns exit status: 0 when all is granted, 1 when not, 2 for scopes that can't be read
 * @throws ConfigError or Error for wrong options, or when something can't be opened
 */
export async function explain(
  words: readonly string[],
  options: ExplainOptions,
  { configFile, input, output }: Around,
): Promise<number> {
  const { file, scopes } = splitWords(words)
  if (options.log !== undefined && options.request === undefined)
    throw new Error('--log needs --request ID, the id of the audit line in it')
  if (options.who !== undefined && (options.account !== undefined || options.ask || scopes.length > 0))
    throw new Error('--who asks about everybody; leave out --account, --ask and other scopes')
  const audited =
    options.request === undefined ? undefined : await findAudited(options.request, options.log, input)
  const config = await readConfig(configFile(file))
  const question = readQuestion(scopes, options, audited ?? { service: firstService(config) })
  const services = await openForQuestion(config, question, logOf(output))
  try {
    if (options.who !== undefined) {
      const answer = await whoCould(options.who, question, services.container)
      output.stdout.write(options.json ? whoJson(answer) : whoWords(answer))
      return answer.accounts.length + answer.rules.length > 0 ? 0 : 1
    }
    const handedOver = question.ask && question.account !== '' && !(audited && options.log === undefined)
    const password = handedOver ? await readPassword(input, patienceOf(services)) : undefined
    return await withSecrets(async () => {
      noteSecret(password?.reveal())
      const answer = await ask(question, password, config, services, output)
      output.stdout.write(options.json ? jsonOf(answer) : wordsOf(answer, output.stdout.isTTY === true))
      return isGranted(answer) ? 0 : 1
    })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    output.stderr.write(`dockwarden: ${error.message}\n`)
    return EXIT_USAGE
  } finally {
    await services.close()
  }
}

/** The service that is meant where none is named, as in `dockwarden policy`: a registry always names its own. */
function firstService({ token }: Config): string | undefined {
  return tokenSettings(token).services?.keys().next().value
}

/**
 * Opens what a configuration names, to ask its plugins something. Nothing is made, as under `check`; but a login that is tried counts.
 *
 * @param question at what time, and whether a login is tried
 */
export function openForQuestion(
  config: Config,
  { at, ask }: Pick<Question, 'at' | 'ask'>,
  log: Logger,
): Promise<Services> {
  const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
  return createServices(config, log, state, (container) => {
    container.registerInstance(
      ENTRIES,
      readOnlyEntries(() => container.resolve(TOKEN_STORE).entries),
    )
    if (ask) countAtServer(container, config.stateDir)
    if (at !== undefined) container.registerInstance(CLOCK, Object.freeze({ now: () => at }))
  })
}

/** What plugins warn of. That one could not be asked stands in the answer. */
function logOf({ stderr }: Output): Logger {
  return createLog('warn', {
    write(line) {
      const { err, plugin, id, msg } = JSON.parse(line)
      if (err === undefined) stderr.write(`warning: ${plugin ? `plugin ${plugin} (id ${id}): ` : ''}${msg}\n`)
    },
  })
}

/** Nobody need hand over a password where there is another way. */
const PATIENCE_MS = 10_000

function patienceOf({ container }: Services): number | undefined {
  const { authenticators } = container.resolve(CHAINS)
  return authenticators.some(({ implementation }) => implementation.refresh) ? PATIENCE_MS : undefined
}

async function ask(
  question: Question,
  password: Secret | undefined,
  config: Config,
  { container }: Services,
  output: Output,
): Promise<Answer> {
  const began = performance.now()
  const id = randomUUID()
  const anonymous = new Set(
    config.plugins
      .filter((plan) => plan.kind === 'authenticator' && takesAnonymous(plan))
      .map((plan) => plan.id),
  )
  const answer = await answerTo(question, {
    container,
    mostScopes: config.server.limits.scopes,
    anonymous,
    password,
    id,
  })
  if (question.ask) {
    const { service, client, ip } = question
    const kind = password ? 'password' : undefined
    audit(
      createLog('info', output.stderr),
      {
        ...answer.decided,
        id,
        ip,
        explainedTo: operator(),
        request: {
          service,
          client: { id: client },
          scopes: answer.scopes.map(({ resource }) => resource),
          credentials: { ...(kind && { kind }), account: question.account },
        },
        status: answer.status,
        duration: performance.now() - began,
        ...(answer.account !== undefined && { account: answer.account }),
        ...(answer.status === 200 && { decisions: answer.scopes.flatMap(({ decision }) => decision ?? []) }),
        error: answer.error,
      },
      config.log.labels,
    )
  }
  return answer
}
