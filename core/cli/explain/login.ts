// Who asks: taken as given, or really asked of the authenticators.
import { NO_LABELS, type Secret } from '../../plugin.ts'
import type { Proof } from '../../request/authenticate.ts'
import type { RequestContext } from '../../request/context.ts'
import { NOBODY, readCredentials } from '../../request/credentials.ts'
import type { DecidedBy } from '../../request/decided.ts'
import { RequestError, unauthorized } from '../../request/errors.ts'
import type { Instance } from '../../request/instance.ts'
import { heldOf, lookAgain } from '../../request/look-again.ts'
import type { TokenRequest } from '../../request/parse.ts'
import { CHAINS, type Chains, type Decision, decide, decideFor } from '../../request/pipeline.ts'
import type { Asking, Question } from './question.ts'

/** How somebody comes in. */
export interface Login {
  readonly credentials: TokenRequest['credentials']
  decide(context: RequestContext, decided: DecidedBy): Promise<Decision>
}

/**
 * How the account of a question comes in: with `--ask` as a client would, or without its password by `refresh`.
 *
 * @throws Error when the authenticator that is named is not there
 */
export function logIn(question: Question, { container, anonymous, password }: Asking): Login {
  const { account, ask } = question
  const all = container.resolve(CHAINS)
  const named = namedIn(question, all)
  if (!ask) {
    const instance = named ?? onlyOne(candidates(question, anonymous, all))
    return {
      credentials: NOBODY,
      async decide(context, decided) {
        if (candidates(question, anonymous, all).length === 0) throw nobodyAccepts(account)
        const identity = Object.freeze({ account, labels: NO_LABELS, authenticator: instance?.id ?? '' })
        const proof: Proof = {
          identity,
          ...(instance && { instance }),
          verified: false,
          session: undefined,
          robot: false,
        }
        return await decideFor(proof, context, decided)
      },
    }
  }
  if (account === '') return { credentials: NOBODY, decide }
  if (password) return { credentials: shown(account, password), decide }
  return {
    credentials: NOBODY,
    async decide(context, decided) {
      const asked = named ? [named] : all.authenticators
      return await decideFor(await lookAt(account, asked, context, decided), context, decided)
    },
  }
}

/** As in a client's form: it may also be a token of ours. */
function shown(account: string, password: Secret): TokenRequest['credentials'] {
  const form = { grant_type: 'password', username: account, password: password.reveal() }
  return readCredentials('', new URLSearchParams(form), '')
}

function namedIn(
  { authenticator }: Question,
  { authenticators }: Chains,
): Instance<'authenticator'> | undefined {
  if (authenticator === undefined) return undefined
  const named = authenticators.find(({ id }) => id === authenticator)
  if (named) return named
  const ids = authenticators.map(({ id }) => id).join(', ')
  throw new Error(
    `--authenticator ${JSON.stringify(authenticator)} is not configured; there is ${ids || 'none'}`,
  )
}

/** Those that could accept the account. */
function candidates(
  { account }: Question,
  anonymous: ReadonlySet<string>,
  { authenticators }: Chains,
): readonly Instance<'authenticator'>[] {
  return account === '' ? authenticators.filter(({ id }) => anonymous.has(id)) : authenticators
}

function onlyOne<T>([first, ...others]: readonly T[]): T | undefined {
  return others.length === 0 ? first : undefined
}

function nobodyAccepts(account: string): RequestError {
  return unauthorized(
    'authentication required',
    new Error(
      account === ''
        ? 'no authenticator accepts clients without credentials'
        : 'there is no authenticator that could accept the account',
    ),
  )
}

/** Those that would be asked about it, in their order. */
export function wouldBeAsked(
  question: Question,
  { anonymous }: Asking,
  chains: Chains,
): Pick<Instance, 'id' | 'plugin'>[] {
  const named = namedIn(question, chains)
  const asked = named ? [named] : candidates(question, anonymous, chains)
  return asked.map(({ id, plugin }) => ({ id, plugin }))
}

/**
 * Asks whether an account is still good, as with a personal access token of it. Whoever does not know it sends on to the next one.
 *
 * @throws RequestError 401 when none accepts it, 503 when one could not be asked
 */
async function lookAt(
  account: string,
  asked: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  const mute: string[] = []
  let outage: RequestError | undefined
  for (const instance of asked) {
    if (!instance.implementation.refresh) {
      mute.push(instance.id)
      continue
    }
    try {
      const answer = await lookAgain(instance, heldOf({ account, labels: NO_LABELS }, undefined), context)
      if (answer.outcome !== 'accept') continue
      const { identity, provided, session } = answer
      decided.authenticator = instance.id
      return { identity, instance, provided, session, verified: true, robot: false }
    } catch (error) {
      if (!(error instanceof RequestError) || instance.onError === 'fail') throw error
      outage = error
    }
  }
  if (outage) throw outage
  const why =
    mute.length === 0
      ? 'no authenticator knows the account, or it is barred'
      : `no other authenticator knows the account, and ${mute.join(', ')} can be asked with a password only; give it on standard input`
  throw unauthorized('wrong user name or password', new Error(why))
}
