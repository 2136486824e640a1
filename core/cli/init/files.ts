// The files that `dockwarden init` makes.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret } from '../../plugin.ts'
import { newHash } from '../../services/new-hash.ts'
import { exportKeys, generateKey } from '../key.ts'
import type { Output } from '../output.ts'
import type { Answers } from './answers.ts'
import { COMPOSE_FILE, composeFile, composePlaces } from './compose.ts'
import { configuration, USERS_FILE } from './configuration.ts'
import { POLICY_FILE, policyCases } from './policy.ts'
import { ownPaths, programPath } from './programs.ts'
import { KINDS, registrySettings, ZOT_CERTIFICATE } from './registry.ts'
import { programNameOf } from './steps.ts'
import { registryUnit, serverUnit, UNITS } from './systemd.ts'

/** All that stands in the folder. */
export function namesOf({ registry, run }: Answers): string[] {
  return [
    'dockwarden.yml',
    POLICY_FILE,
    USERS_FILE,
    'var',
    KINDS[registry].file,
    'images',
    ...(registry === 'zot' ? [ZOT_CERTIFICATE] : []),
    ...(run === 'compose' ? [COMPOSE_FILE] : []),
    ...(run === 'systemd' ? Object.values(UNITS) : []),
  ]
}

/**
 * Writes all of it. The configuration names files as they are called on this machine, so that it can be checked.
 *
 * @param draft where; the files themselves say where it will be in the end
 */
export async function writeFiles(draft: string, answers: Answers, password: Secret): Promise<void> {
  const { folder, registry, run, host, tls, user } = answers
  const put = (name: string, text: string, mode = 0o644) =>
    writeFile(join(draft, name), text, { mode, flag: 'wx' })
  await put(USERS_FILE, `${user}:${await newHash('bcrypt', password)}\n`, 0o600)
  await mkdir(join(draft, 'images'), { mode: 0o700 })
  await put('dockwarden.yml', configuration(answers, tls))
  await put(POLICY_FILE, policyCases(answers))
  await makeKeys(join(draft, 'dockwarden.yml'))
  if (registry === 'zot') await put(ZOT_CERTIFICATE, await certificateOf(join(draft, 'dockwarden.yml')))
  const here = {
    trusted: join(folder, registry === 'zot' ? ZOT_CERTIFICATE : 'var/signing-ca.crt'),
    images: join(folder, 'images'),
    tls,
    address: host === 'localhost' ? '127.0.0.1' : '',
  }
  const places = run === 'compose' ? composePlaces(answers) : here
  const { file } = KINDS[registry]
  await put(file, registrySettings(answers, places))
  if (run === 'compose') await put(COMPOSE_FILE, composeFile(answers))
  if (run === 'systemd') {
    const program = programNameOf(registry)
    const command = [programPath(program) ?? `/usr/local/bin/${program}`, 'serve', join(folder, file)]
    await put(UNITS.server, serverUnit(answers, [...ownPaths(), 'serve', join(folder, 'dockwarden.yml')]))
    await put(UNITS.registry, registryUnit(answers, command))
  }
}

/** Once it is checked: in a container, certificate and key are elsewhere. */
export async function forContainer(draft: string, answers: Answers): Promise<void> {
  if (answers.run !== 'compose' || !answers.tls) return
  await writeFile(join(draft, 'dockwarden.yml'), configuration(answers, composePlaces(answers).tls))
}

/** The registry needs the bundle before the server's first start. */
async function makeKeys(file: string): Promise<void> {
  await printed((output) => generateKey(file, {}, output))
}

async function certificateOf(file: string): Promise<string> {
  return await printed((output) => exportKeys(file, { format: 'certificate' }, output))
}

/** What another command prints. */
async function printed(command: (output: Output) => Promise<number>): Promise<string> {
  const texts: string[] = []
  const status = await command({
    stdout: { write: (text) => texts.push(text) },
    stderr: { write: () => true },
  })
  if (status !== 0) throw new Error('the keys could not be made')
  return texts.join('')
}
