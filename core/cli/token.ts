// `dockwarden token create|list|revoke`: straight in the store, whether a server runs or not.
import { text } from 'node:stream/consumers'
import { type Config, readConfig } from '../config/config.ts'
import { SYSTEM_CLOCK } from '../kit/process.ts'
import { createState } from '../kit/state.ts'
import { Secret } from '../plugin.ts'
import { quote } from '../request/errors.ts'
import { createServices } from '../server/container.ts'
import { askServer, NoServer } from '../server/control-client.ts'
import { createLog } from '../server/log.ts'
import { openStore } from '../server/open-store.ts'
import { refreshSettings } from '../server/token-settings.ts'
import { FORGET } from '../server/verbs.ts'
import { createFiles } from '../services/files.ts'
import type { KeptToken, TokenFilter } from '../store/token-store.ts'
import { TOKEN_KEEPER, TokenKeeper } from '../token/keeper.ts'
import type { PersonalOrder } from '../token/orders.ts'
import { readSecretToken } from '../token/secret-token.ts'
import { askAbout } from './known-account.ts'
import { operator } from './operator.ts'
import type { Output } from './output.ts'
import { jsonOf, tableOf } from './token-lines.ts'
import { type CreateOptions, readOrder } from './token-order.ts'

/**
 * Makes a personal access token; its text stands alone on standard output.
 *
 * @param file the configuration
 * @returns exit status: 0, or 1 when the authenticator does not know the account
 * @throws ConfigError or Error for wrong options, or when the store or the authenticator can't be asked
 */
export async function createPersonalToken(
  file: string,
  options: CreateOptions & { json?: true },
  output: Output,
): Promise<number> {
  const order = readOrder(options, Date.now())
  const { account, authenticator } = order
  if (authenticator === undefined) {
    return await withTokens(file, output, (tokens) => make(order, tokens, options.json === true, output))
  }
  const config = await readConfig(file)
  const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
  const services = await createServices(config, createLog('warn', output.stderr), state)
  try {
    const answer = await askAbout(account, authenticator, services)
    if ('refusal' in answer) {
      output.stderr.write(`dockwarden: no token was made: ${answer.refusal}\n`)
      return 1
    }
    return await make(
      { ...order, plugin: answer.plugin },
      services.container.resolve(TOKEN_KEEPER),
      options.json === true,
      output,
    )
  } finally {
    await services.close()
  }
}

async function make(
  order: PersonalOrder,
  tokens: TokenKeeper,
  json: boolean,
  output: Output,
): Promise<number> {
  const { expires, ...facts } = order
  const end = expires === undefined ? undefined : new Date(expires).toISOString()
  const { secret, id } = await tokens.personalToken(order)
  audit(output, { audit: 'token created', by: operator(), token: id, ...facts, expires: end })
  if (json) {
    output.stdout.write(`${JSON.stringify({ token: secret.reveal(), id, ...facts, expires: end })}\n`)
    return 0
  }
  output.stderr.write(
    `The personal access token ${id} of ${order.account} was made; it ${end === undefined ? 'never expires' : `expires at ${end}`}. It is shown once, alone on a line; use it as the password:\n\n  docker login -u ${order.account} YOUR-REGISTRY\n\n`,
  )
  output.stdout.write(`${secret.reveal()}\n`)
  return 0
}

/** Who did what, as the server's own audit lines. */
function audit(output: Output, facts: { audit: string } & Record<string, unknown>): void {
  createLog('info', output.stderr).info(facts, facts.audit)
}

/** Which tokens `list` shows. */
interface ListOptions extends TokenFilter {
  readonly all?: true
  readonly json?: true
}

/**
 * Shows the tokens of the store: those that are good, or all that are still there.
 *
 * @returns exit status 0
 * @throws ConfigError or Error when the store can't be used
 */
export async function listTokens(file: string, options: ListOptions, output: Output): Promise<number> {
  const { all, json, ...filter } = options
  return await withTokens(file, output, async (tokens) => {
    const lines = json ? jsonOf(output.stdout) : tableOf(output.stdout)
    for await (const kept of tokens.list(filter)) {
      const over = await tokens.whyOver(kept)
      if (all || over === undefined) lines.add(kept, over)
    }
    lines.end()
    return 0
  })
}

/** Which tokens `revoke` ends. */
interface RevokeOptions extends TokenFilter {
  readonly json?: true
}

/**
 * Ends tokens for good: those named by id or by their own text, or all of an account or a client.
 *
 * @returns exit status: 0, or 1 when one that was named is not there, or none fits
 * @throws ConfigError or Error when none is named, or the store can't be used
 */
export async function revokeTokens(
  file: string,
  named: readonly string[],
  options: RevokeOptions,
  output: Output,
): Promise<number> {
  const { json, ...filter } = options
  const filtered = Object.keys(filter).length > 0
  if (filtered === named.length > 0) {
    throw new Error(
      'name tokens, or --account or --client: token revoke 0123456789abcdef0123, token revoke --account alice; - reads them from standard input',
    )
  }
  const by = operator()
  const texts = await withStandardInput(named)
  return await withTokens(file, output, async (tokens, { stateDir }) => {
    if (filter.account !== undefined) await forgetPasswords(filter.account, stateDir, output)
    const revoked: string[] = []
    const missing: string[] = []
    for await (const id of filtered ? idsOf(tokens.list(filter)) : texts.map(idFrom)) {
      if (await tokens.revoke(id, by)) revoked.push(id)
      else if (!filtered) missing.push(id)
    }
    if (revoked.length > 0) audit(output, { audit: 'tokens revoked', by, ...filter, tokens: revoked })
    else if (filtered) output.stderr.write('dockwarden: there was no token to revoke\n')
    for (const id of missing) {
      output.stderr.write(`dockwarden: there is no token ${quote(id)}, or it was revoked before\n`)
    }
    if (json) output.stdout.write(`${JSON.stringify({ revoked, missing })}\n`)
    else output.stdout.write(revoked.map((id) => `${id}\n`).join(''))
    return revoked.length > 0 && missing.length === 0 ? 0 : 1
  })
}

/** What is named, with the tokens of standard input in the place of `-`. */
async function withStandardInput(named: readonly string[]): Promise<readonly string[]> {
  if (!named.includes('-')) return named
  const read = (await text(process.stdin)).split(/\s+/).filter(Boolean)
  if (read.length === 0) throw new Error('there is no token on standard input; hand one over, or name its id')
  return [...named.filter((one) => one !== '-'), ...read]
}

/** Whoever has lost a token may have lost the password too: the server that runs on this state directory proves it anew. */
async function forgetPasswords(account: string, stateDir: string, output: Output): Promise<void> {
  try {
    await askServer(stateDir, FORGET, { account }, FORGET_MS)
  } catch (error) {
    if (error instanceof NoServer) return
    output.stderr.write(
      `dockwarden: the running server may remember the password of ${quote(account)} for as long as its \`remember\` says: ${(error as Error).message}
`,
    )
  }
}

const FORGET_MS = 5_000

async function* idsOf(tokens: AsyncIterable<KeptToken>): AsyncIterable<string> {
  for await (const { id, revoked } of tokens) if (!revoked) yield id
}

const MISTYPED_LENGTH = 12

/** A token's text names it as well as its id; it may have been found where it should not be. A mistyped one is not repeated. */
function idFrom(given: string): string {
  const token = readSecretToken(new Secret(given))
  if (token) return token.id
  return given.startsWith('dw') ? `${given.slice(0, MISTYPED_LENGTH)}...` : given
}

/** Nothing but the store is opened: to end a token must be possible when nothing else works. */
async function withTokens(
  file: string,
  output: Output,
  action: (tokens: TokenKeeper, config: Config) => Promise<number>,
): Promise<number> {
  const config = await readConfig(file)
  const log = createLog('warn', output.stderr)
  const store = await openStore(config, { files: createFiles(config.base), clock: SYSTEM_CLOCK }, log)
  const tokens = new TokenKeeper({ store, refresh: refreshSettings(config.token), clock: SYSTEM_CLOCK, log })
  try {
    return await action(tokens, config)
  } finally {
    await tokens.close()
  }
}
