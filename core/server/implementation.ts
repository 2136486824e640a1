// What a plugin's create returned: looked at once, where the configuration's place is known.
import { kindOf } from '../kit/thrown.ts'
import type { PluginKind, PluginKinds } from '../plugin.ts'

const METHOD = { authenticator: 'authenticate', labeler: 'label', authorizer: 'authorize' } as const
const OPTIONAL = ['ready', 'close', 'refresh', 'routes', 'explain', 'rules'] as const

/** @throws Error that says what to return */
export function assertImplementation(
  made: unknown,
  kind: PluginKind,
): asserts made is PluginKinds[PluginKind] {
  const method = METHOD[kind]
  const isObject = typeof made === 'object' && made !== null
  const given = (isObject ? made : {}) as Record<string, unknown>
  if (typeof given[method] !== 'function') {
    const what = isObject ? `an object without ${method}` : kindOf(made)
    throw new Error(
      `create returned ${what}; return { async ${method}(...) { ... } }, which every ${kind} needs`,
    )
  }
  for (const name of OPTIONAL) {
    const member = given[name]
    if (member !== undefined && typeof member !== 'function')
      throw new Error(`create returned ${name} that is ${kindOf(member)}; write a function, or leave it out`)
  }
  if (kind === 'authenticator') assertSaid(given)
  else assertAnswersFrom(given, 'files')
}

/** What an authenticator says of its answers. */
function assertSaid({ answersFrom, remembered, refresh }: Record<string, unknown>): void {
  assertAnswersFrom({ answersFrom }, 'password')
  if (remembered === 'by default' && !(answersFrom === 'password' && refresh))
    throw new Error(
      "create returned remembered: 'by default', which needs answersFrom: 'password' and a refresh; write them, or leave it out",
    )
}

function assertAnswersFrom({ answersFrom }: Record<string, unknown>, known: string): void {
  if (answersFrom !== undefined && answersFrom !== known)
    throw new Error(
      `create returned answersFrom that is ${kindOf(answersFrom)}; write '${known}', or leave it out`,
    )
}
