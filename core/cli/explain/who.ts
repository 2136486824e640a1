// `dockwarden explain --who`: turned round. Every account that is known, and whoever the rules are about, is asked about as ever.
import { randomUUID } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import { type Labels, NO_LABELS, type ResourceRequest } from '../../plugin.ts'
import { RequestContext } from '../../request/context.ts'
import { NOBODY } from '../../request/credentials.ts'
import { RequestError } from '../../request/errors.ts'
import { type Instance, nameOf } from '../../request/instance.ts'
import { CHAINS, decideFor } from '../../request/pipeline.ts'
import { parseScope } from '../../request/scope.ts'
import type { Question } from './question.ts'

/** Who could. */
export interface WhoAnswer {
  readonly resource: ResourceRequest
  /** Those that are known, by which authenticator, and who decides: `acl: rule 2`. */
  readonly accounts: readonly {
    readonly account: string
    readonly authenticator: string
    readonly by: string
  }[]
  /** Rules by which others could. */
  readonly rules: readonly { readonly rule: string; readonly who: string }[]
  /** What could not be turned round, in sentences; none: the answer is complete. */
  readonly open: readonly string[]
}

/** What came of a question about one. */
interface Found {
  /** Whether all of it. */
  readonly granted: boolean
  readonly authorizer: string | undefined
  readonly rule: string | undefined
}

function wordsOf({ authorizer, rule }: Found): string {
  return authorizer === undefined ? 'nobody' : [authorizer, rule].filter(Boolean).join(': ')
}

const MOST_ACCOUNTS = 10_000

/**
 * Finds who could do something.
 *
 * @param scope as a registry asks for it
 * @throws RequestError 400 for a scope that can't be read
 */
export async function whoCould(
  scope: string,
  question: Question,
  container: DependencyContainer,
): Promise<WhoAnswer> {
  const resource = parseScope(scope)
  const { authenticators, authorizers } = container.resolve(CHAINS)
  const open: string[] = []
  const asked = new Asked(question, resource, container, open)
  const accounts: WhoAnswer['accounts'][number][] = []
  const seen = new Set<string>()
  for (const instance of authenticators) {
    if (!instance.implementation.accounts) {
      open.push(`${nameOf(instance)} can't list its accounts; ask with --account NAME --ask`)
      continue
    }
    const known = await instance.implementation.accounts()
    if (known.length > MOST_ACCOUNTS)
      open.push(`${nameOf(instance)} has ${known.length} accounts; only ${MOST_ACCOUNTS} were tried`)
    for (const { account, labels } of known.slice(0, MOST_ACCOUNTS)) {
      // The first one that knows an account decides.
      if (seen.has(account)) continue
      seen.add(account)
      const found = await asked.about(account, labels, instance)
      if (found?.granted) accounts.push({ account, authenticator: instance.id, by: wordsOf(found) })
    }
  }
  const rules: WhoAnswer['rules'][number][] = []
  for (const instance of authorizers) {
    if (!instance.implementation.who) {
      open.push(`${nameOf(instance)} can only be asked about somebody`)
      continue
    }
    const candidates = await asked.call(instance)
    open.push(...candidates.open.map((sentence) => `${instance.id}: ${sentence}`))
    for (const { rule, at, who, account, labels, any } of candidates.tries) {
      const place = `${instance.id}: ${rule}${at === undefined ? '' : ` at ${at}`}`
      const found = await asked.about(account, labels)
      if (found?.granted && found.authorizer === instance.id && found.rule === rule)
        rules.push({ rule: place, who })
      // Somebody may be what another rule is about, and others not.
      else if (any && found) open.push(`${place} is about ${who}; for somebody ${wordsOf(found)} decides`)
    }
  }
  return { resource, accounts, rules, open }
}

/** The same question about one after the other. */
class Asked {
  readonly #question: Question
  readonly #resource: ResourceRequest
  readonly #container: DependencyContainer
  readonly #open: string[]

  constructor(question: Question, resource: ResourceRequest, container: DependencyContainer, open: string[]) {
    this.#question = question
    this.#resource = resource
    this.#container = container
    this.#open = open
  }

  /** @returns undefined when it can't be said, which is noted */
  async about(
    account: string,
    labels: Labels,
    instance?: Instance<'authenticator'>,
  ): Promise<Found | undefined> {
    const identity = Object.freeze({ account, labels, authenticator: instance?.id ?? '' })
    const proof = {
      identity,
      ...(instance && { instance }),
      verified: false,
      session: undefined,
      robot: false,
    }
    try {
      const { scopes } = await decideFor(proof, this.#context())
      const { actions, authorizer, rule } = scopes[0]!
      const granted = authorizer !== undefined && actions.length === this.#resource.actions.length
      return { granted, authorizer, rule }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      const { cause } = error
      const why = cause instanceof Error ? cause.message : error.message
      const sentence = `${account === '' ? 'clients without credentials' : `account ${account}`}: ${why}`
      if (!this.#open.includes(sentence)) this.#open.push(sentence)
      return undefined
    }
  }

  call(instance: Instance<'authorizer'>) {
    return this.#context().call(instance, (scope) => instance.implementation.who!(this.#resource, scope))
  }

  #context(): RequestContext {
    const { service, ip, client, labels } = this.#question
    const context = new RequestContext(this.#container, randomUUID(), {
      credentials: NOBODY,
      service,
      scopes: Object.freeze([this.#resource]),
      client: Object.freeze({ ip, id: client }),
      offline: false,
    })
    context.bag.add(labels ?? NO_LABELS)
    return context
  }
}
