// `dockwarden key generate|rotate|list|export`: the keys that sign tokens, on the files themselves; running servers follow.
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, readConfig } from '../config/config.ts'
import { KeyRing, type RingKey } from '../keys/key-ring.ts'
import { keyFileName, signingIndex, stagesOf } from '../keys/key-schedule.ts'
import type { SigningKey } from '../keys/keys.ts'
import { addStateKey } from '../keys/state-keys.ts'
import { createState } from '../kit/state.ts'
import { duration } from '../plugin.ts'
import { type ExportFormat, registrySetUps } from '../server/registry-set-ups.ts'
import { loadKeys, type ServerKeys } from '../server/server-keys.ts'
import { longestTokenLifetime } from '../server/token-settings.ts'
import { createFiles } from '../services/files.ts'
import { createHostServices, type HostServices } from '../services/host.ts'
import type { Output } from './output.ts'

interface Options {
  readonly json?: true
}

interface Opened {
  readonly config: Config
  readonly keys: ServerKeys
  /** With a state directory in which nothing is made. */
  readonly host: HostServices
}

async function open(file: string): Promise<Opened> {
  const config = await readConfig(file)
  const host = hostServices(config, true)
  return { config, keys: await loadKeys(config, host), host }
}

function hostServices(
  { base, stateDir }: Pick<Config, 'base' | 'stateDir'>,
  readOnly: boolean,
): HostServices {
  return createHostServices({
    files: createFiles(base),
    state: createState(stateDir, { readOnly, announce: () => {} }),
  })
}

/** A longer one is a mistake. */
const MAX_WAIT = 365 * 86_400_000

function none({ stateDir }: Pick<Config, 'stateDir'>): string {
  return `there are no keys in ${stateDir} yet; run dockwarden key generate, or start the server once`
}

/**
 * Makes the CA and the first key of the state directory, so that a registry can have the bundle before the first start.
 *
 * @returns exit status: 0, or 1 when there are keys already
 * @throws ConfigError or Error when the configuration names its keys itself, or nothing can be written
 */
export async function generateKey(file: string, { json }: Options, output: Output): Promise<number> {
  const { config, keys } = await open(file)
  assertOwnKeys(config, 'makes no keys')
  if (keys.plan.keys.length > 0) {
    output.stderr.write(
      'dockwarden: there are keys already; to replace the one that signs, run dockwarden key rotate\n',
    )
    return 1
  }
  const made = await loadKeys(config, hostServices(config, false))
  const [{ key }] = made.plan.keys as readonly [RingKey]
  if (json) output.stdout.write(`${JSON.stringify({ kid: key.kid, bundle: made.caPath })}\n`)
  else {
    output.stderr.write(
      'The signing CA and a first key were made. The bundle for registries (rootcertbundle):\n',
    )
    output.stdout.write(`${made.caPath}\n`)
  }
  return 0
}

/**
 * Issues the next key: it is published at once, signs after the wait, and the present one is retired when its last token has
 * expired. Files of retired keys are removed.
 *
 * @param options.wait how long verifiers have to learn of the key, such as `10m`
 * @returns exit status: 0, or 1 when a key is waiting already, or there is none to replace
 * @throws ConfigError or Error when the configuration names its keys itself, or the wait is no duration
 */
export async function rotateKey(
  file: string,
  { wait: text, json }: Options & { wait: string },
  output: Output,
): Promise<number> {
  const wait = duration({ max: MAX_WAIT }).safeParse(/^\d+$/.test(text) ? Number(text) : text)
  if (!wait.success) {
    throw new Error(
      `--wait ${JSON.stringify(text)} is no time up to 365d; write for example 10m, or 0 for at once`,
    )
  }
  const { config, keys, host } = await open(file)
  assertOwnKeys(config, 'rotates no keys')
  const now = host.clock.now()
  const former = keys.plan.keys[signingIndex(keys.plan.keys, now)]?.key
  if (!former) {
    output.stderr.write(`dockwarden: ${none(config)}\n`)
    return 1
  }
  const stages = stagesOf(keys.plan.keys, now, longestTokenLifetime(config.token))
  const waiting = stages.findIndex(({ stage }) => stage === 'waiting')
  if (waiting >= 0 && wait.data > 0) {
    const { key, signsFrom } = keys.plan.keys[waiting]!
    output.stderr.write(
      `dockwarden: the key ${key.kid} is waiting already, and signs from ${iso(signsFrom)}; if that is too late, --wait 0 makes another one that signs until then\n`,
    )
    return 1
  }
  const signsFrom = Math.floor((now + wait.data) / 1000) * 1000
  if (existsSync(join(config.stateDir, keyFileName(signsFrom)))) {
    throw new Error('another key was made in the same second; try again')
  }
  const path = (await addStateKey(hostServices(config, false).state, signsFrom, host.clock))!
  for (const [index, { stage }] of stages.entries()) {
    if (stage === 'retired') await rm(keys.paths[index]!, { force: true })
  }
  const after = await loadKeys(config, host)
  const key = after.plan.keys.find((one) => one.signsFrom === signsFrom)!.key
  const retires = stagesOf(
    [{ signsFrom: 0 }, { signsFrom }],
    signsFrom,
    longestTokenLifetime(config.token),
  )[0]!.retiresAt!
  if (json) {
    output.stdout.write(
      `${JSON.stringify({ kid: key.kid, file: path, signs_from: iso(signsFrom), retires: former.kid, retires_at: iso(retires) })}\n`,
    )
  } else {
    output.stderr.write(
      `The new key is published at once and signs from ${iso(signsFrom)}; the present one, ${former.kid}, stays published until ${iso(retires)}. Running servers follow by themselves. Its id:\n`,
    )
    output.stdout.write(`${key.kid}\n`)
  }
  return 0
}

/** @returns exit status: 0, or 1 when there are no keys yet */
export async function listKeys(file: string, { json }: Options, output: Output): Promise<number> {
  const { config, keys, host } = await open(file)
  const lines = linesOf(config.token, keys, host.clock.now())
  if (json) output.stdout.write(`${JSON.stringify(lines)}\n`)
  else {
    for (const {
      kid,
      algorithm,
      stage,
      signs_from: from,
      retires_at: end,
      certificate_ends: ends,
      file,
    } of lines) {
      const when = stage === 'waiting' ? ` (from ${from})` : end === undefined ? '' : ` (until ${end})`
      output.stdout.write(
        `${kid}  ${algorithm}  ${stage}${when}  ${ends === undefined ? 'no certificate' : `certificate ends ${ends}`}  ${file}\n`,
      )
    }
  }
  if (lines.length > 0) return 0
  output.stderr.write(`dockwarden: ${none(config)}\n`)
  return 1
}

function linesOf(token: Config['token'], { plan, paths }: ServerKeys, now: number) {
  const line = (key: SigningKey, index: number) => ({
    kid: key.kid,
    algorithm: key.alg,
    certificate_ends: key.notAfter?.toISOString(),
    file: paths[index]!,
  })
  const stages = stagesOf(plan.keys, now, longestTokenLifetime(token))
  const own = plan.keys.map(({ key, signsFrom }, index) => ({
    ...line(key, index),
    stage: stages[index]!.stage,
    signs_from: iso(signsFrom),
    retires_at: iso(stages[index]!.retiresAt),
  }))
  const published = plan.published.map((key, index) => ({
    ...line(key, own.length + index),
    stage: 'published',
    signs_from: undefined,
    retires_at: undefined,
  }))
  return [...own, ...published]
}

/**
 * Prints what a registry needs to know of the keys, and says for which set-ups this configuration fits.
 *
 * @returns exit status: 0, or 1 when there are no keys yet, or none has a certificate for a bundle
 */
export async function exportKeys(
  file: string,
  { format, json }: Options & { format: ExportFormat },
  output: Output,
): Promise<number> {
  const { config, keys, host } = await open(file)
  const ring = new KeyRing(keys.plan, {
    clock: host.clock,
    longestLifetime: longestTokenLifetime(config.token),
    onSwitch: () => {},
  })
  const key = ring.current
  if (!key) {
    output.stderr.write(`dockwarden: ${none(config)}\n`)
    return 1
  }
  const text = await textOf(format, key, ring, keys)
  if (text === '') {
    output.stderr.write(
      'dockwarden: the keys have no certificates; a registry needs --format jwks, or name token.keys[].certificate\n',
    )
    return 1
  }
  const setUps = registrySetUps(format, key, config.token, keys.caPath !== undefined)
  if (json) {
    const content = format === 'jwks' ? ring.keySet() : text
    output.stdout.write(`${JSON.stringify({ [format]: content, set_ups: setUps })}\n`)
    return 0
  }
  output.stdout.write(text)
  const next = keys.plan.keys.map(({ signsFrom }) => signsFrom).filter((from) => from > host.clock.now())
  if (format === 'certificate' && next.length > 0) {
    output.stderr.write(`Another key signs from ${iso(Math.min(...next))}: export its certificate then\n`)
  }
  for (const { name, fits, needs } of setUps) {
    const verdict = fits ? 'fits this configuration' : `does not fit this configuration; it needs ${needs}`
    output.stderr.write(`${name}: ${verdict}\n`)
  }
  return 0
}

async function textOf(
  format: ExportFormat,
  { certificateChain: [own] }: SigningKey,
  ring: KeyRing,
  keys: ServerKeys,
): Promise<string> {
  if (format === 'jwks') return `${JSON.stringify(ring.keySet())}\n`
  if (format === 'bundle') return await bundleOf(keys)
  return own === undefined ? '' : pem(own)
}

/** PEM: the CA of the state directory, or each configured key's own certificate. */
async function bundleOf({ plan, caPath }: ServerKeys): Promise<string> {
  if (caPath !== undefined) return await readFile(caPath, 'utf8')
  return [...plan.keys.map(({ key }) => key), ...plan.published]
    .flatMap(({ certificateChain: [own] }) => (own === undefined ? [] : pem(own)))
    .join('')
}

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

function assertOwnKeys({ token, file }: Pick<Config, 'token' | 'file'>, what: string): void {
  if (!token.keys) return
  throw new Error(
    `${file} names its signing keys, and dockwarden ${what} of others. To replace one without a gap: add the new one at the end of token.keys (docker_auth's form: instead of certificate and key) and restart, wait until every verifier knows it, move it to the front and restart, and remove the old one when its last token has expired. Registries with a bundle need the new certificate before it signs, and a restart, unless both are under one CA`,
  )
}

function iso(time: number): string
function iso(time: number | undefined): string | undefined
function iso(time: number | undefined): string | undefined {
  return time !== undefined && Number.isFinite(time) ? new Date(time).toISOString() : undefined
}
