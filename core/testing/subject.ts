// A plugin instance under test: made as the host makes it, its log lines kept and searched for passwords.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { deepFreeze } from '../contract/frozen.ts'
import { tokensIn } from '../contract/sharing.ts'
import type { Host, Labels, Log, PluginDefinition, PluginKinds } from '../plugin.ts'
import type { RequestFacts } from './cases.ts'
import {
  keptLog,
  type ProvidedByPlugin,
  type TestHost,
  type TestRequest,
  testHost,
  testRequest,
} from './host.ts'

export type PluginInstance = PluginKinds[keyof PluginKinds]

/** Passwords shorter than this are not searched for: they occur by chance. */
const SHORTEST_SECRET = 6

/** How a subject is made. */
export interface Making {
  readonly plugin: PluginDefinition
  readonly options: () => unknown
  readonly host?: () => Host
  /** The passwords that must not be seen anywhere. */
  readonly passwords: readonly string[]
}

/** One instance, and the means to call it. */
export interface Subject {
  readonly instance: PluginInstance
  /** A second instance with the same options and host, as after a restart; closed with the subject. */
  restarted(): Promise<PluginInstance>
  /** A request around one call; its log lines are kept too. */
  request(
    facts: RequestFacts,
    given?: { account?: string; labels?: Labels; signal?: AbortSignal },
  ): TestRequest
  /** Fails when something was provided that the definition does not list, or not what is expected. */
  assertProvided(provided: ProvidedByPlugin, expected?: Readonly<Record<string, unknown>>): void
  /** Fails when the value, printed in full, shows a password. */
  assertNoPassword(value: unknown, where: string): void
}

/**
 * Makes an instance, uses it and closes it twice, whatever happens.
 *
 * @throws AssertionError when a log line shows a password
 */
export async function withSubject<T>(making: Making, use: (subject: Subject) => Promise<T>): Promise<T> {
  const { plugin, passwords } = making
  const lent = making.host?.() ?? testHost()
  const kept = keptLog()
  const host: Host = Object.freeze({ ...lent, log: both(kept, lent.log) })
  const options: unknown = deepFreeze(plugin.options.parse(await making.options()))
  const instances: PluginInstance[] = []
  const make = async () => {
    const instance = await plugin.create(options, host)
    instances.push(instance)
    return instance
  }
  const assertNoPassword = (value: unknown, where: string) => {
    const text = inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      maxStringLength: null,
      maxArrayLength: null,
    })
    const shown = passwords.some((password) => password.length >= SHORTEST_SECRET && text.includes(password))
    // Not assert.ok(...): its message would print the password once more.
    if (shown) assert.fail(`${where} shows a password of this suite; keep it in its Secret`)
  }
  try {
    return await use({
      instance: await make(),
      restarted: make,
      assertNoPassword,
      assertProvided(provided, expected) {
        const listed = tokensIn(plugin.provides).map(({ name }) => name)
        for (const name of provided.keys())
          assert.ok(
            listed.includes(name),
            `request.provide(${name}): list the token in provides of the definition`,
          )
        assertNoPassword([...provided], 'what it provides')
        if (expected) assert.deepEqual(Object.fromEntries(provided), expected)
      },
      request(facts, given) {
        // As in a server: what other instances provide can be asked for in a request, too.
        const { shared = [] } = lent as Partial<TestHost>
        const request = testRequest({ ...facts, ...given, shared: [...shared, ...(facts.shared ?? [])] })
        return Object.freeze({ ...request, log: host.log })
      },
    })
  } finally {
    for (const instance of instances) {
      await instance.close?.()
      await instance.close?.()
    }
    assertNoPassword(kept.lines, 'a log line')
  }
}

function both(first: Log, second: Log): Log {
  const at = (level: keyof Log) => (facts: object, message: string) => {
    first[level](facts, message)
    second[level](facts, message)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
