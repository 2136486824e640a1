// Asks a model and its policy, line by line as casbin does, but in parts: twenty thousand lines take too long for one.
import { DefaultEffector, Effect, Enforcer, type Model } from 'casbin'
import type { Steps } from '../../core/plugin.ts'
import { type MatcherFunction, type Meter, Unjudgeable } from './functions.ts'
import { Roles } from './roles.ts'

/** What a matcher can name: the request's fields, the policy's, and functions. */
type Context = Record<string, unknown> & { p_eft?: unknown }
type Expression = (context: Context) => unknown
/** All that is used of casbin's own enforcer: it does not say that it compiles expressions. */
type Compiler = { getExpression(asynchronous: boolean, text: string): Expression }

/** What is asked of a model: whether it allows something. */
export interface Verdict {
  readonly allowed: boolean
  /** The deciding policy, as it stands in the model; undefined when casbin can't tell it. */
  readonly policy: readonly string[] | undefined
}

/** A model with its policy, to be asked. */
export class PartialEnforcer {
  readonly #matcher: string
  readonly #expression: Expression
  readonly #effect: string
  readonly #asked: readonly string[]
  readonly #fields: readonly string[]
  readonly #policies: readonly (readonly string[])[]
  readonly #meter: Meter
  /** What the matcher can call. */
  readonly #functions: Record<string, unknown>

  /**
   * @param functions by name
   * @param meter what calling them costs
   */
  constructor(model: Model, functions: ReadonlyMap<string, MatcherFunction>, meter: Meter) {
    const definition = (section: string) => model.model.get(section)!.get(section)!
    this.#matcher = definition('m').value
    this.#expression = (new Enforcer() as unknown as Compiler).getExpression(false, this.#matcher)
    this.#effect = definition('e').value
    this.#asked = definition('r').tokens
    this.#fields = definition('p').tokens
    this.#policies = definition('p').policy
    this.#meter = meter
    this.#functions = Object.fromEntries(functions)
    for (const [name, { policy }] of model.model.get('g') ?? [])
      this.#functions[name] = memberOf(policy, meter)
  }

  /**
   * @param values in the order of the model's request
   * @throws Unjudgeable when the matcher can't be evaluated
   */
  *ask(values: readonly string[]): Steps<Verdict> {
    const effect = new DefaultEffector().newStream(this.#effect)
    const context: Context = { ...this.#functions }
    for (const [index, name] of this.#asked.entries()) context[name] = values[index]
    if (this.#policies.length === 0 || !this.#matcher.includes('p_')) {
      yield 1
      for (const name of this.#fields) context[name] = ''
      effect.pushEffect(this.#evaluate(context) ? Effect.Allow : Effect.Indeterminate)
      return { allowed: effect.current(), policy: undefined }
    }
    let decisive: readonly string[] | undefined
    for (const policy of this.#policies) {
      yield STEPS_A_LINE + this.#meter.take()
      for (const [index, name] of this.#fields.entries()) context[name] = policy[index]
      const [, recorded, done] = effect.pushEffect(effectOf(this.#evaluate(context), context.p_eft))
      if (recorded) decisive = policy
      if (done) break
    }
    return { allowed: effect.current(), policy: decisive }
  }

  #evaluate(context: Context): unknown {
    try {
      return this.#expression(context)
    } catch (error) {
      if (error instanceof Unjudgeable) throw error
      throw new Unjudgeable((error as Error).message)
    }
  }
}

const STEPS_A_LINE = 1

function effectOf(result: unknown, written: unknown): Effect {
  if (typeof result !== 'boolean' && typeof result !== 'string' && typeof result !== 'number') {
    throw new Unjudgeable('the matcher gives something else than true or false')
  }
  if (!result) return Effect.Indeterminate
  if (!written || written === 'allow') return Effect.Allow
  return written === 'deny' ? Effect.Deny : Effect.Indeterminate
}

const ROLES_A_STEP = 10

/** The function that a role definition defines: `g(member, role)`, or with a domain. */
function memberOf(links: readonly (readonly string[])[], meter: Meter): (...texts: unknown[]) => boolean {
  const roles = new Roles((found) => meter.add(1 + Math.ceil(found / ROLES_A_STEP)))
  for (const [member, role, domain] of links) roles.add(member!, role!, domain)
  return (member, role, ...domain) => {
    if (domain.length > 1) throw new Unjudgeable('a role has one domain at most')
    return roles.has(
      String(member ?? ''),
      String(role ?? ''),
      domain.length > 0 ? String(domain[0]) : undefined,
    )
  }
}
