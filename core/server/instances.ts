// Makes the plugin instances of a configuration: those that provide something before those that need it.
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
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
import type { PluginKinds, Surroundings } from '../plugin.ts'
import { type Instance, nameOf } from '../request/instance.ts'
import { memoryFor } from '../request/remembered.ts'
import { type Around, createHost, HOST_SERVICES } from '../services/host.ts'
import { InstanceFiles } from '../services/instance-files.ts'
import { COLLECT_NOTHING, createMetrics } from '../services/metrics.ts'
import { createTasks } from '../services/tasks.ts'
import { signInOf } from '../sign-in/point.ts'
import type { Problem, Spot } from '../yaml/problems.ts'
import { assertImplementation } from './implementation.ts'
import { createRoutes } from './plugin-routes.ts'
import { lendStore } from './plugin-store.ts'
import { HOUSE } from './process-container.ts'
import { type Remarks, remarksOf, surroundingsOf } from './remarks.ts'
import { createSharing } from './sharing.ts'

const CREATE_DEADLINE_MS = 10_000
const LATER = '; leave what takes long to ready(), or to the first use'

/** An instance, and what it was made of. */
export interface Made {
  readonly instance: Instance
  readonly plan: Planned
  /** What it was told of the configuration around it. */
  readonly surroundings: string
  readonly files: InstanceFiles
  /** What it has told of the configuration. */
  readonly remarks: Remarks
  /** Where it finds its own places in the file: a later file may have others. */
  readonly spots: { plan: Planned }
}

/**
 * Makes all instances, at the same time as far as none waits for another. Those of before are kept where nothing is different: what is
 * written of them, their plugin, what their files hold, and those that they need.
 *
 * No closure that an instance keeps is made in here: it would hold on to all that ever ran.
 *
 * @param container holds what all instances use; each gets children of it
 * @param problems takes what is wrong, at the place of the instance; what needs such a one is not made either
 * @param remarks takes what the instances say of the configuration
 * @returns those that were made or kept, in the order of the configuration
 */
export async function createInstances(
  config: Pick<Config, 'file' | 'base' | 'plugins' | 'server'>,
  container: DependencyContainer,
  problems: Problem[],
  remarks: Remarks,
  running: readonly Made[] = [],
): Promise<Made[]> {
  const surroundings = surroundingsOf(config)
  const measure = metricsIn(container)?.forInstances()
  const around = JSON.stringify([config.base, surroundings])
  const made = new Map<string, Promise<Made | undefined>>()
  const make = async (plan: Planned): Promise<Made | undefined> => {
    const before = await Promise.all(providersOf(plan.wires).map((id) => made.get(id)))
    const providers = new Map(before.flatMap((one) => (one ? [[one.plan.id, one.instance]] : [])))
    if (providers.size < before.length) return undefined
    const old = running.find(({ instance }) => instance.id === plan.id)
    if (old && (await isSame(old, plan, around, providers, running))) {
      remarks.warnings.push(...old.remarks.warnings)
      remarks.notes.push(...old.remarks.notes)
      return { ...old, plan }
    }
    const own: Remarks = { warnings: [], notes: [] }
    const log = container.resolve(LOG).child({ plugin: plan.definition.name, id: plan.id })
    const { spots, ...told } = tellingOf(plan, config.file, surroundings, log, own)
    const files = new InstanceFiles()
    try {
      const parts = { around: told.around, log, files, old, measure }
      const instance = await createInstance(plan, providers, container, parts)
      told.made()
      return { instance, plan, surroundings: around, files, remarks: own, spots }
    } catch (error) {
      const name = nameOf({ plugin: plan.definition.name, id: plan.id })
      const { spot, message } = atOption(messageOf(error), plan)
      problems.push({
        file: config.file,
        ...spot,
        message: `${name} could not be created: ${message}${placeInPlugin(error, plan)}`,
      })
      return undefined
    } finally {
      remarks.warnings.push(...own.warnings)
      remarks.notes.push(...own.notes)
    }
  }
  for (const plan of inOrderOfNeeds(config.plugins)) made.set(plan.id, make(plan))
  const all = await Promise.all(config.plugins.map(({ id }) => made.get(id)))
  return all.filter((one) => one !== undefined)
}

/**
 * What an instance is told of the configuration, and tells of it.
 *
 * @returns `made`: from now on the log gets what it tells
 */
function tellingOf(plan: Planned, file: string, surroundings: Surroundings, log: Logger, remarks: Remarks) {
  const spots = { plan }
  const { remark, made } = remarksOf(spots, file, log, remarks)
  const placeOf = (path: readonly PropertyKey[]) => ({ file, ...spots.plan.spotOfOption(path) })
  return { spots, made, around: { surroundings, remark, placeOf } }
}

/** Whether an instance is what would be made now. */
async function isSame(
  { plan: before, surroundings, files }: Made,
  plan: Planned,
  around: string,
  providers: ReadonlyMap<string, Instance>,
  running: readonly Made[],
): Promise<boolean> {
  const written = plan.fingerprint !== undefined && plan.fingerprint === before.fingerprint
  if (!written || plan.module !== before.module || surroundings !== around) return false
  if (!isDeepStrictEqual(wiresIn(plan), wiresIn(before))) return false
  const living = new Set(running.map(({ instance }) => instance))
  for (const provider of providers.values()) if (!living.has(provider)) return false
  return await files.isCurrent()
}

function wiresIn({ wires }: Planned): unknown {
  return [...wires].map(([key, { token, ...wire }]) => [key, token.name, token.version, wire])
}

/** Where in the plugin's own file, for what its author can't have meant: those sentences name no place. */
function placeInPlugin(error: unknown, { path, from }: Planned): string {
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

interface InstanceParts {
  readonly around: Around
  readonly log: Logger
  readonly files: InstanceFiles
  /** The instance of this id before. */
  readonly old: Made | undefined
  readonly measure: MeasureInstance | undefined
}

async function createInstance(
  plan: Planned,
  providers: ReadonlyMap<string, Instance>,
  process: DependencyContainer,
  { around, log, files, old, measure }: InstanceParts,
): Promise<Instance> {
  const { kind, id, definition, options, timeout, onError, remember, wires } = plan
  const metrics = measure?.({ kind, plugin: definition.name, id }, (message) => log.warn({}, message))
  const table = process.resolve(TOKEN_TABLE)
  const house = process.resolve(HOUSE)
  const container = house.createChildContainer()
  const provided = house.createChildContainer()
  const needsAccepting = new Set<InjectionToken<unknown>>()
  const others = (other: string) => providers.get(other)!.provided
  for (const { token, from, many, accepting } of wires.values()) {
    const key = table.keyOf(token)
    const [only] = from
    if (accepting) needsAccepting.add(key)
    else if (!many && from.length === 1 && others(only!).isRegistered(key))
      container.register(key, { useFactory: () => others(only!).resolve(key) })
  }
  const tasks = createTasks(log)
  const { routes, ...answering } = createRoutes()
  const sharing = createSharing({ definition, wires, provided, others, table })
  const store = lendStore({ kind, plugin: definition.name, id }, process, log)
  const services = process.resolve(HOST_SERVICES)
  const { host, close: release } = createHost(
    {
      id,
      log,
      sharing,
      every: tasks.every,
      route: answering.add,
      metrics: createMetrics(metrics ? (metric) => metrics.plugin.open(metric) : COLLECT_NOTHING),
      store: store.lend,
      around,
      files: files.lent(services.files),
    },
    services,
  )
  const making = files.during(async () => definition.create(deepFreeze(options), host))
  try {
    const implementation = await withDeadline(making, CREATE_DEADLINE_MS, 'it was not created', LATER)
    sharing.close()
    answering.close()
    await store.prepared()
    assertImplementation(implementation, kind)
    const authenticator =
      kind === 'authenticator' ? (implementation as PluginKinds['authenticator']) : undefined
    const signIn = authenticator && signInOf(authenticator)
    const memory = authenticator && memoryFor(authenticator, remember, old && memoryIn(old, plan))
    if (memory) metrics?.remembered.begin(() => memory.size)
    return {
      kind,
      id,
      incarnation: randomUUID(),
      plugin: definition.name,
      anonymous: definition.anonymous === true,
      exchange: definition.exchange === true,
      timeout,
      onError,
      log,
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
      release,
      ...(signIn && { signIn }),
    }
  } catch (error) {
    // It may be made all the same, later.
    void making.then((late) => late?.close?.()).catch(() => {})
    void Promise.all([tasks.stop(), release()]).catch(() => {})
    throw error
  }
}

/** What was proved to the instance of before: it is looked at again at each use, whatever the options are now. */
function memoryIn({ instance, plan: before }: Made, plan: Planned): Instance['memory'] {
  const isComparable = before.module === plan.module && before.remember === plan.remember
  const { remembered } = instance.implementation as Partial<PluginKinds['authenticator']>
  return isComparable && plan.kind === before.kind && remembered === 'by default'
    ? instance.memory
    : undefined
}
