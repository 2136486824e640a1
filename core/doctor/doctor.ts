// Looks at a deployment: our own side, then what a registry says and does. Nothing is changed, and no server is disturbed.
import type { Logger } from 'pino'
import { type Config, inspectConfig } from '../config/config.ts'
import { SYSTEM_CLOCK } from '../kit/process.ts'
import { createState } from '../kit/state.ts'
import { createServices } from '../server/container.ts'
import { countAtServer } from '../server/remote-gate.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { ConfigError } from '../yaml/problems.ts'
import { type Ask, createAsk } from './ask.ts'
import type { Finding } from './finding.ts'
import { judgeBackends, judgeStore } from './here/backends.ts'
import { expiries, judgeCertificates } from './here/certificates.ts'
import { type Checked, judgeConfiguration, judgeForm } from './here/configuration.ts'
import { judgeFiles } from './here/files.ts'
import { judgeMachine } from './here/machine.ts'
import { judgeProxies } from './here/proxies.ts'
import { findRunning, judgeListening, judgeRunning } from './here/running.ts'
import { judgeState } from './here/state.ts'
import { type Ours, openOurs } from './ours.ts'
import { examineRegistry, type RegistryPatient } from './registry/registry.ts'

/** What is looked at. */
export interface Patient {
  /** The configuration's file. */
  readonly file: string
  /** What a check says of it. */
  readonly checked: Checked
  readonly authorities: readonly string[]
  /** Undefined: only our own side. */
  readonly registry?: Omit<RegistryPatient, 'ours' | 'authorities' | 'now'>
  readonly log: Logger
  readonly now: () => number
}

/** What was found. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** Whether there is a configuration at all. */
  readonly isConfigured: boolean
}

/**
 * Looks at everything.
 *
 * @throws Error for a text that names no registry
 */
export async function diagnose(patient: Patient): Promise<Diagnosis> {
  const { file, checked, authorities, registry, now } = patient
  const { config, isConfigured } = await readable(file)
  const ours = config && (await openOurs(config, now()))
  const ask = createAsk([...authorities, ...(ours?.tls ? [String(ours.tls.options.cert)] : [])], now)
  const here = ours ? await examineHere(ours, patient, ask) : judgeConfiguration(file, checked, [])
  const there = registry && (await examineRegistry({ ...registry, ours, authorities, now }))
  const proxies = config ? judgeProxies(config, there?.isProxied) : []
  const form = registry ? [] : judgeForm(checked)
  return { findings: [...here, ...form, ...proxies, ...(there?.findings ?? [])], isConfigured }
}

interface Readable {
  /** Undefined when nothing that registries have to do with is sound. */
  readonly config?: Config | undefined
  /** Whether a server starts with it. */
  readonly isConfigured: boolean
}

/** Reads as much as is sound: often only a password is missing that the server has in its environment. */
async function readable(file: string): Promise<Readable> {
  try {
    const { config, problems } = await inspectConfig(file)
    const isSound = problems.every(({ path }) => path !== '' && !/^(server|token)\b/.test(path))
    return { config: isSound ? config : undefined, isConfigured: problems.length === 0 }
  } catch (error) {
    if (error instanceof ConfigError) return { isConfigured: false }
    throw error
  }
}

async function examineHere(ours: Ours, { file, checked, log, now }: Patient, ask: Ask): Promise<Finding[]> {
  const { config } = ours
  const found = await findRunning(config.stateDir)
  const running = typeof found === 'object' ? found : undefined
  const state = await judgeState(config.stateDir, running?.user)
  // What the others tell in words of their own.
  const told = [
    ...expiries(ours, now()),
    ...state.filter(({ level }) => level === 'wrong').map(({ what }) => what),
  ]
  return [
    ...judgeConfiguration(file, checked, told),
    ...(await judgeFiles(config, running)),
    ...judgeCertificates(ours, now()),
    ...state,
    ...(checked.problems.length === 0 ? await examineServices(config, log) : []),
    ...(await judgeRunning(found, config)),
    ...(running ? await judgeListening(ours, ask) : []),
    ...judgeMachine(config, running),
  ]
}

/** Opens what the configuration names as the server does, and makes nothing. */
async function examineServices(config: Config, log: Logger): Promise<Finding[]> {
  const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
  const services = await createServices(config, log, state, (container) => {
    container.registerInstance(ENTRIES, createMemoryEntries(SYSTEM_CLOCK))
    countAtServer(container, config.stateDir)
  })
  try {
    return [...(await judgeBackends(services)), ...(await judgeStore(services, config))]
  } finally {
    await services.close()
  }
}
