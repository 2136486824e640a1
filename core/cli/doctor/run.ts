// Runs `dockwarden doctor`: reads its options, looks at everything, and prints what was found.
import { existsSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { type Diagnosis, diagnose } from '../../doctor/doctor.ts'
import { isWrong, warning } from '../../doctor/finding.ts'
import type { LoginAs } from '../../doctor/registry/login.ts'
import { readSettings } from '../../doctor/registry/settings.ts'
import { osReason } from '../../kit/os-errors.ts'
import { createLog } from '../../server/log.ts'
import { readCertificates } from '../../x509/pem.ts'
import { examine } from '../check.ts'
import { readPassword } from '../explain/password.ts'
import { operator } from '../operator.ts'
import { EXIT_USAGE, type Output } from '../output.ts'
import { inWords } from './words.ts'

export interface DoctorOptions {
  readonly registry?: string
  readonly as?: string
  readonly ca?: string
  readonly registryConfig?: string
  readonly json?: true
}

/** What the command works with. */
export interface Around {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Output
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/**
 * Looks at a deployment.
 *
 * @param file.isNamed whether somebody has named it: without it, the default one may be missing
 * @returns exit status: 0 when nothing is wrong, 1 when something is, 2 without a configuration that can be used
 * @throws Error for wrong options
 */
export async function doctor(
  { name: file, isNamed }: { readonly name: string; readonly isNamed: boolean },
  options: DoctorOptions,
  { input, output, now = Date.now }: Around,
): Promise<number> {
  const { registry, json } = options
  for (const option of ['as', 'registryConfig'] as const) {
    if (options[option] !== undefined && registry === undefined)
      throw new Error(
        `--${option === 'as' ? 'as' : 'registry-config'} needs --registry URL, the registry that it is about`,
      )
  }
  const authorities = options.ca === undefined ? [] : readAuthorities(options.ca)
  const login = options.as === undefined ? undefined : await readLogin(options.as, input)
  const settings =
    options.registryConfig === undefined ? undefined : await readSettings(options.registryConfig)
  const isMissing = !isNamed && registry !== undefined && !existsSync(file)
  const diagnosis = await diagnose({
    file,
    checked: isMissing ? { problems: [], warnings: [], notes: [] } : await examine(file),
    authorities,
    ...(registry !== undefined && {
      registry: {
        registry,
        settings,
        login,
        audit: ({ shown, ...facts }) =>
          createLog('info', output.stderr).info(
            {
              audit: 'probe tokens',
              by: operator(),
              account: 'dockwarden-doctor',
              access: [],
              ...facts,
              shown,
            },
            'tokens without access were shown to a registry',
          ),
      },
    }),
    log: createLog('silent', output.stderr),
    now,
  })
  const { isConfigured } = diagnosis
  const findings = isMissing ? [missing(file), ...withoutFile(diagnosis)] : diagnosis.findings
  const told = { file, ...(registry !== undefined && { registry }), findings }
  output.stdout.write(
    json
      ? `${JSON.stringify({ healthy: !isWrong(findings), ...told })}\n`
      : inWords(told, isColourful(output)),
  )
  if (!isConfigured && !isMissing) return EXIT_USAGE
  return isWrong(findings) ? 1 : 0
}

function missing(file: string) {
  return warning(
    'configuration',
    `there is no ${file}: only the registry and what it names were looked at`,
    'without the keys no token can be shown to the registry',
    'name the configuration of the server: dockwarden doctor FILE --registry URL',
  )
}

function withoutFile({ findings }: Diagnosis) {
  return findings.filter(({ id }) => id !== 'configuration')
}

function isColourful({ stdout }: Output): boolean {
  return stdout.isTTY === true && !process.env.NO_COLOR
}

function readAuthorities(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`--ca ${file} cannot be read: ${osReason(error)}`)
  }
  return readCertificates(text, `--ca ${file}`).map((certificate) => certificate.toString())
}

async function readLogin(account: string, input: Around['input']): Promise<LoginAs> {
  const password = await readPassword(input, undefined)
  if (!password)
    throw new Error(
      `--as ${JSON.stringify(account)} needs the password on standard input: printf %s "$PASSWORD" | dockwarden doctor ...`,
    )
  return { account, password }
}
