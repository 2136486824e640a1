// The questions of `dockwarden init`, on a terminal. Whatever an option says is not asked.
import { type CANCEL_SYMBOL, confirm, intro, isCancel, select, text } from '@clack/prompts'
import { DEFAULTS, faultOfHost, faultOfPair, faultOfUser, type InitOptions, type RunWay } from './answers.ts'

/** Somebody has given up. */
export class GivenUp extends Error {}

// Standard output is for the result.
const PLACE = { output: process.stderr }

/**
 * @param run the way that is offered first
 * @returns folder and options, completed
 * @throws GivenUp
 */
export async function ask(
  folder: string | undefined,
  options: InitOptions,
  run: RunWay,
): Promise<{ folder: string; options: InitOptions }> {
  intro('A token server for your registry', PLACE)
  const where = folder ?? (await line('Which folder shall hold it?', DEFAULTS.folder))
  const registry =
    options.registry ??
    (await answered(
      select({
        ...PLACE,
        message: 'Which registry will use it?',
        options: [
          {
            value: 'distribution2' as const,
            label: 'Distribution 2',
            hint: 'registry:2, Debian’s docker-registry',
          },
          { value: 'distribution3' as const, label: 'Distribution 3', hint: 'registry:3' },
          { value: 'zot' as const, label: 'zot' },
        ],
      }),
    ))
  const way =
    options.run ??
    (await answered(
      select({
        ...PLACE,
        message: 'How shall both be run?',
        initialValue: run,
        options: [
          { value: 'terminal' as const, label: 'in a terminal', hint: 'to try it' },
          { value: 'compose' as const, label: 'Docker Compose' },
          { value: 'systemd' as const, label: 'systemd' },
        ],
      }),
    ))
  const host =
    options.host ?? (await line('By which name do clients reach this machine?', DEFAULTS.host, faultOfHost))
  const files = host === DEFAULTS.host || options.certificate ? {} : await askPair(host)
  const user = options.user ?? (await line('Who is the first user?', DEFAULTS.user, faultOfUser))
  return { folder: where, options: { ...options, registry, run: way, host, ...files, user } }
}

/**
 * Asks whether files may be moved aside.
 *
 * @throws GivenUp
 */
export async function mayMove(names: readonly string[], folder: string): Promise<boolean> {
  const message = `${folder} has ${names.join(', ')} already. Keep them under other names, and make new ones?`
  return await answered(confirm({ ...PLACE, message, initialValue: false }))
}

async function askPair(host: string): Promise<{ certificate: string; key: string }> {
  const certificate = await line('Its certificate, a PEM file:', '', (file) =>
    file === '' ? 'is needed: clients of other machines must trust it' : undefined,
  )
  const key = await line('And its private key, a PEM file:', '', (file) =>
    faultOfPair(certificate, file, host),
  )
  return { certificate, key }
}

async function line(
  message: string,
  defaultValue: string,
  fault: (answer: string) => string | undefined = () => undefined,
): Promise<string> {
  const validate = (answer: string | undefined) => fault(answer || defaultValue)
  const given = {
    ...PLACE,
    message,
    validate,
    ...(defaultValue !== '' && { defaultValue, placeholder: defaultValue }),
  }
  return await answered(text(given))
}

async function answered<T>(asked: Promise<T | typeof CANCEL_SYMBOL>): Promise<T> {
  const answer = await asked
  if (isCancel(answer)) throw new GivenUp()
  return answer
}
