// A model and a policy, checked and made into one thing that can be asked. Neither changes afterwards: changed files make
// a new one.
import { type Model, newModelFromString } from 'casbin'
import type { Steps } from '../../core/plugin.ts'
import { PartialEnforcer } from './enforcer.ts'
import { Meter, matcherFunctions, Unjudgeable } from './functions.ts'
import { parseLabels } from './labels.ts'
import { checkMatcher, spellOut } from './matcher.ts'
import { type PolicyLine, parsePolicy } from './policy.ts'
import { doubtOfRoles, roleNames } from './role-names.ts'
import { sortPolicies } from './sort.ts'

/** What docker_auth's models are asked about, in this order. */
const REQUEST = ['account', 'type', 'name', 'service', 'ip', 'action', 'labels'] as const
export type Question = Readonly<Record<(typeof REQUEST)[number], string>>

/** Evaluating goes line by line: with more of them one request could not be decided in time. */
export const MOST_LINES = 20_000

/** What a policy says of one action. */
export interface Answer {
  readonly allowed: boolean
  /** The deciding policy's line, where casbin can tell it. */
  readonly line: number | undefined
}

export interface Judge {
  readonly lines: number
  /** What is not wrong, but surely not meant; undefined when nothing is. */
  readonly doubt: string | undefined
  /**
   * @throws Unjudgeable when the matcher can't be evaluated for this question
   */
  ask(question: Question): Steps<Answer>
}

/**
 * Makes a judge.
 *
 * @param texts the files' contents
 * @throws Error that says what is wrong, beginning with `model: ` or `policy: `
 */
export function* createJudge(texts: { readonly model: string; readonly policy: string }): Steps<Judge> {
  const policy = yield* inFile('policy', parsePolicy(texts.policy))
  const meter = new Meter()
  const functions = matcherFunctions(SPARE_PATTERNS + 2 * policy.length, meter)
  const model = yield* inFile('model', checkedModel(texts.model, functions))
  yield* inFile(
    'model',
    tryOut(() => new PartialEnforcer(model, functions, meter)),
  )
  const lineOf = yield* inFile('policy', fill(model, policy))
  yield policy.length
  sortPolicies(model)
  const enforcer = new PartialEnforcer(model, functions, meter)
  return {
    lines: policy.length,
    doubt: doubtOfRoles(roleNames(model)),
    *ask(question) {
      const { allowed, policy } = yield* enforcer.ask(REQUEST.map((field) => question[field]))
      return { allowed, line: policy && lineOf.get(policy) }
    },
  }
}

/** Patterns that come from elsewhere than the policy. */
const SPARE_PATTERNS = 1_000

function* inFile<T>(file: 'model' | 'policy', work: Steps<T>): Steps<T> {
  try {
    return yield* work
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

function* checkedModel(text: string, functions: ReadonlyMap<string, unknown>): Steps<Model> {
  yield 100
  const model = newModelFromString(text)
  const asked = tokensOf(model, 'r')
  if (asked.length !== REQUEST.length) {
    throw new Error(
      `the request is defined by ${asked.length} names; write r = ${REQUEST.join(', ')} (any names, in this order)`,
    )
  }
  const roles = [...(model.model.get('g')?.keys() ?? [])]
  const matcher = model.model.get('m')!.get('m')!
  matcher.value = spellOut(matcher.value)
  checkMatcher(matcher.value, [...asked, ...tokensOf(model, 'p'), ...functions.keys(), ...roles])
  return model
}

function tokensOf(model: Model, kind: string): readonly string[] {
  return model.model.get(kind[0]!)?.get(kind)?.tokens ?? []
}

/** Asks once without a policy: casbin parses the matcher and looks at the effect only then. */
function* tryOut(make: () => PartialEnforcer): Steps<void> {
  try {
    yield* make().ask(['account', 'type', 'name', 'service', '127.0.0.1', 'action', '{}'])
  } catch (error) {
    if (!(error instanceof Unjudgeable)) throw error
  }
}

/** @returns the lines that the model's rules stand in */
function* fill(model: Model, policy: readonly PolicyLine[]): Steps<ReadonlyMap<readonly string[], number>> {
  if (policy.length > MOST_LINES) {
    throw new Error(`there are ${policy.length} lines; use ${MOST_LINES} at most (roles keep a policy short)`)
  }
  const labelled = labelFields(model)
  const lineOf = new Map<readonly string[], number>()
  for (const { line, kind, fields } of policy) {
    yield 2
    const definition = model.model.get(kind[0] ?? '')?.get(kind)
    if (!definition || !/^[pg]\d*$/.test(kind)) {
      throw new Error(
        `line ${line}: the model defines no ${JSON.stringify(kind)}; write one of p, g as it does`,
      )
    }
    const wanted = kind.startsWith('g') ? definition.value.split('_').length - 1 : definition.tokens.length
    if (fields.length !== wanted) {
      throw new Error(`line ${line}: ${kind} has ${fields.length} fields; the model defines ${wanted}`)
    }
    if (kind === 'p') for (const index of labelled) labelsIn(fields[index]!, line)
    const rule = [...fields]
    definition.policy.push(rule)
    lineOf.set(rule, line)
  }
  return lineOf
}

/** The policy's fields that the matcher reads as labels. */
function labelFields(model: Model): readonly number[] {
  const matcher = model.model.get('m')?.get('m')?.value ?? ''
  const named = Array.from(
    matcher.matchAll(/\blabelMatch\(\s*\w+\s*,\s*(p_\w+)\s*\)/g),
    ([, token]) => token!,
  )
  const tokens = tokensOf(model, 'p')
  return named.map((token) => tokens.indexOf(token)).filter((index) => index >= 0)
}

function labelsIn(text: string, line: number): void {
  try {
    parseLabels(text)
  } catch (error) {
    throw new Error(`line ${line}: ${(error as Error).message}`)
  }
}
