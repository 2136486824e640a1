// Makes the plugin instances of a configuration: those that provide something before those that need it.
import type { Logger } from 'pino'
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import type { Config, Planned } from '../config/config.ts'
import { withoutTags } from '../config/plugins/module-graph.ts'
import { providersOf } from '../config/wiring.ts'
import { deepFreeze } from '../contract/frozen.ts'
import { tokensIn } from '../contract/sharing.ts'
import { withDeadline } from '../kit/deadline.ts'
import { LOG } from '../kit/process.ts'
import { messageOf } from '../kit/thrown.ts'
import { TOKEN_TABLE } from '../kit/token-table.ts'
import { metricsIn } from '../metrics/metrics.ts'
import type { MeasureInstance } from '../metrics/server-metrics.ts'
import type { PluginKinds } from '../plugin.ts'
import { type Instance, nameOf } from '../request/instance.ts'
import { memoryFor } from '../request/remembered.ts'
import { type Around, createHost, HOST_SERVICES } from '../services/host.ts'
import { COLLECT_NOTHING, createMetrics } from '../services/metrics.ts'
import { createTasks } from '../services/tasks.ts'
import { signInOf } from '../sign-in/point.ts'
import type { Problem, Spot } from '../yaml/problems.ts'
import { assertImplementation } from './implementation.ts'
import { createRoutes } from './plugin-routes.ts'
import { lendStore } from './plugin-store.ts'
import { type Remarks, remarksOf, surroundingsOf } from './remarks.ts'
import { createSharing } from './sharing.ts'

const CREATE_DEADLINE_MS = 10_000
const LATER = '; leave what takes long to ready(), or to the first use'

/**
 * Makes all instances, at the same time as far as none waits for another.
 *
 * @param container the process container; each instance gets children of it
 * @param problems takes what is wrong, at the place of the instance; what needs such a one is not made either
 * @param remarks takes what the instances say of the configuration
 * @returns those that were made, in the order of the configuration
 */
export async function createInstances(
  config: Pick<Config, 'file' | 'plugins' | 'server'>,
  container: DependencyContainer,
  problems: Problem[],
  remarks: Remarks,
): Promise<Instance[]> {
  const surroundings = surroundingsOf(config)
  const measure = metricsIn(container)?.forInstances()
  const made = new Map<string, Promise<Instance | undefined>>()
  const make = async (plan: Planned) => {
    const before = await Promise.all(providersOf(plan.wires).map((id) => made.get(id)))
    const providers = new Map(before.filter((one) => one !== undefined).map((one) => [one.id, one]))
    if (providers.size < before.length) return undefined
    try {
      const own = container.resolve(LOG).child({ plugin: plan.definition.name, id: plan.id })
      const { remark, made: isMade } = remarksOf(plan, config.file, own, remarks)
      const placeOf = (path: readonly PropertyKey[]) => ({ file: config.file, ...plan.spotOfOption(path) })
      const around = { surroundings, remark, placeOf }
      const instance = await createInstance(plan, providers, container, own, around, measure)
      isMade()
      return instance
    } catch (error) {
      const name = nameOf({ plugin: plan.definition.name, id: plan.id })
      const { spot, message } = atOption(messageOf(error), plan)
      problems.push({
        file: config.file,
        ...spot,
        message: `${name} could not be created: ${message}${placeOf(error, plan)}`,
      })
      return undefined
    }
  }
  for (const plan of inOrderOfNeeds(config.plugins)) made.set(plan.id, make(plan))
  const all = await Promise.all(config.plugins.map(({ id }) => made.get(id)))
  return all.filter((instance) => instance !== undefined)
}

/** Where in the plugin's own file, for what its author can't have meant: those sentences name no place. */
function placeOf(error: unknown, { path, from }: Planned): string {
  const slip = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  if (!slip || from === 'built in') return ''
  const frame = error.stack?.split('\n').find((line) => line.includes(path))
  const place = /(?:file:\/\/)?(\/[^()\s]+:\d+):\d+/.exec(withoutTags(frame ?? ''))?.[1]
  return place === undefined ? '' : ` (${place})`
}

/** A message that begins with the path of an option stands there, in the words of the file: `tls.ca` is another key in docker_auth's form. */
function atOption(text: string, { spot, spotOfOption }: Planned): { spot: Spot; message: string } {
  const [, path = '', message = ''] = /^([a-z_]+(?:\.[a-z_]+)*): (.*)$/s.exec(text) ?? []
  const found = path === '' ? spot : spotOfOption(path.split('.'))
  const isThere = found.line !== spot.line || found.column !== spot.column
  if (!isThere || message === '') return { spot, message: text }
  return { spot: found, message: found.path.endsWith(path) ? text : message }
}

/** Each behind those that it needs; there are no circles. */
function inOrderOfNeeds(plans: readonly Planned[]): Iterable<Planned> {
  const ordered = new Set<Planned>()
  const add = (plan: Planned) => {
    for (const id of providersOf(plan.wires)) add(plans.find((other) => other.id === id)!)
    ordered.add(plan)
  }
  for (const plan of plans) add(plan)
  return ordered
}

async function createInstance(
  plan: Planned,
  providers: ReadonlyMap<string, Instance>,
  process: DependencyContainer,
  own: Logger,
  around: Around,
  measure: MeasureInstance | undefined,
): Promise<Instance> {
  const { kind, id, definition, options, timeout, onError, remember, wires } = plan
  const metrics = measure?.({ kind, plugin: definition.name, id }, (message) => own.warn({}, message))
  const table = process.resolve(TOKEN_TABLE)
  const container = process.createChildContainer()
  const provided = process.createChildContainer()
  const needsAccepting = new Set<InjectionToken<unknown>>()
  const others = (other: string) => providers.get(other)!.provided
  for (const { token, from, many, accepting } of wires.values()) {
    const key = table.keyOf(token)
    const [only] = from
    if (accepting) needsAccepting.add(key)
    else if (!many && from.length === 1 && others(only!).isRegistered(key))
      container.register(key, { useFactory: () => others(only!).resolve(key) })
  }
  const tasks = createTasks(own)
  const { routes, ...answering } = createRoutes()
  const sharing = createSharing({ definition, wires, provided, others, table })
  const store = lendStore({ kind, plugin: definition.name, id }, process, own)
  const host = createHost(
    {
      id,
      log: own,
      sharing,
      every: tasks.every,
      route: answering.add,
      metrics: createMetrics(metrics ? (metric) => metrics.plugin.open(metric) : COLLECT_NOTHING),
      store: store.lend,
      around,
    },
    process.resolve(HOST_SERVICES),
  )
  const made = Promise.resolve(definition.create(deepFreeze(options), host))
  const implementation = await withDeadline(made, CREATE_DEADLINE_MS, 'it was not created', LATER)
  sharing.close()
  answering.close()
  await store.prepared()
  assertImplementation(implementation, kind)
  const authenticator =
    kind === 'authenticator' ? (implementation as PluginKinds['authenticator']) : undefined
  const signIn = authenticator && signInOf(authenticator)
  const memory = authenticator && memoryFor(authenticator, remember)
  if (memory) metrics?.remembered.begin(() => memory.size)
  return {
    kind,
    id,
    plugin: definition.name,
    anonymous: definition.anonymous === true,
    exchange: definition.exchange === true,
    timeout,
    onError,
    log: own,
    implementation,
    memory,
    metrics,
    tasks,
    routes,
    container,
    provided,
    provides: new Set(tokensIn(definition.provides).map(({ name }) => name)),
    needsAccepting,
    needs: providersOf(wires),
    ...(signIn && { signIn }),
  }
}
