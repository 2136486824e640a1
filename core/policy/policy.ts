// What decides in one configuration: the server's own steps from an account and its labels on.
import type { DependencyContainer } from 'tsyringe'
import { type Labels, NO_LABELS } from '../plugin.ts'
import type { Proof } from '../request/authenticate.ts'
import { RequestContext } from '../request/context.ts'
import { NOBODY } from '../request/credentials.ts'
import { RequestError } from '../request/errors.ts'
import type { Instance } from '../request/instance.ts'
import { type Chains, decideFor } from '../request/pipeline.ts'
import { assertServed, type TokenSettings } from '../request/sign.ts'
import type { TraceSink } from '../request/trace.ts'
import type { Problem } from '../yaml/problems.ts'
import type { PolicyClock } from './clock.ts'
import { NotKnown } from './local.ts'
import type { PolicyAnswer, PolicyRequest } from './request.ts'
import type { RuleList } from './rule-list.ts'

/** What a policy is made of. */
export interface PolicyParts {
  readonly file: string
  /** Its chains are those that are asked. */
  readonly container: DependencyContainer
  readonly clock: PolicyClock
  readonly chains: Chains
  /** The authenticators that may accept clients without credentials. */
  readonly anonymous: ReadonlySet<string>
  readonly services: TokenSettings['services']
  readonly accounts: ReadonlyMap<string, Labels>
  readonly aside: readonly Problem[]
  /** Whether an authenticator could not be opened: any, or one that might accept clients without credentials. */
  readonly lost: { readonly any: boolean; readonly anonymous: boolean }
  readonly lists: readonly RuleList[]
  readonly notAsked: readonly string[]
  readonly close: () => Promise<void>
}

/** A configuration that can be asked what it decides. One question after the other: they share a clock. */
export class Policy {
  readonly file: string
  /** The rules of each authorizer that has some, in the order in which they are asked. */
  readonly lists: readonly RuleList[]
  /** The accounts that the configuration itself names, with their labels; the empty one is a client without credentials. */
  readonly accounts: ReadonlyMap<string, Labels>
  /** What is wrong where it decides nothing, such as a key that is missing. */
  readonly aside: readonly Problem[]
  /** The labelers and authorizers that can't be asked without a network. */
  readonly notAsked: readonly string[]
  /** The ids of its authorizers. */
  readonly authorizers: readonly string[]
  readonly close: () => Promise<void>
  readonly #parts: PolicyParts
  readonly #service: string
  #asked = 0

  constructor(parts: PolicyParts) {
    const { file, lists, accounts, aside, notAsked, close, services, chains } = parts
    this.#parts = parts
    this.file = file
    this.accounts = accounts
    this.aside = aside
    this.notAsked = notAsked
    this.authorizers = chains.authorizers.map(({ id }) => id)
    this.close = close
    this.lists = lists
    this.#service = services?.keys().next().value ?? ''
  }

  /**
   * Asks what is decided on one request.
   *
   * @param trace learns what each plugin says, and why: dearer
   */
  async ask(request: PolicyRequest, trace?: TraceSink): Promise<PolicyAnswer> {
    const { container, clock, services, lost } = this.#parts
    const { account, ip, client, at, resource, service = this.#service } = request
    clock.at = at
    this.#asked += 1
    const context = new RequestContext(
      container,
      `policy-${this.#asked}`,
      {
        credentials: NOBODY,
        service,
        scopes: Object.freeze([resource]),
        client: Object.freeze({ ip, id: client }),
        offline: false,
      },
      undefined,
      undefined,
      trace,
    )
    try {
      assertServed(service, services)
      const accepting = this.#accepting(account)
      if (accepting.length === 0 && (account === '' ? !lost.anonymous : !lost.any))
        return refused('no authenticator would accept the account')
      if (accepting.length === 0 && account === '') return { kind: 'undecided', why: LOST }
      const { scopes } = await decideFor(this.#proofOf(request, accepting), context)
      const { actions, authorizer, rule } = scopes[0]!
      return { kind: 'decided', actions, authorizer, rule }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (error.status < 500) return refused(error.message)
      return { kind: 'undecided', why: whyOf(error) }
    }
  }

  /** The labels that somebody has who asks so. */
  labelsOf({ account, labels }: Pick<PolicyRequest, 'account' | 'labels'>): Labels {
    return labels ?? this.accounts.get(account) ?? NO_LABELS
  }

  #accepting(account: string): readonly Instance<'authenticator'>[] {
    const { chains, anonymous } = this.#parts
    return account === ''
      ? chains.authenticators.filter(({ id }) => anonymous.has(id))
      : chains.authenticators
  }

  #proofOf(request: PolicyRequest, [first, ...others]: readonly Instance<'authenticator'>[]): Proof {
    const instance = others.length === 0 ? first : undefined
    const identity = Object.freeze({
      account: request.account,
      labels: this.labelsOf(request),
      authenticator: instance?.id ?? '',
    })
    return { identity, ...(instance && { instance }), verified: false, session: undefined, robot: false }
  }
}

const LOST =
  'whether clients without credentials are accepted is not known, as an authenticator could not be opened; dockwarden check says why'

function refused(reason: string): PolicyAnswer {
  return { kind: 'decided', actions: [], reason }
}

/** The innermost reason is for people: the others are for clients, and name the plugin again. */
function whyOf({ message, cause }: RequestError): string {
  if (!(cause instanceof Error)) return message
  return cause.cause instanceof NotKnown ? cause.cause.message : cause.message
}
