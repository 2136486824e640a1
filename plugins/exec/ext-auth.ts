// docker_auth's ext_auth protocol: "USER PASSWORD" on standard input, the answer by exit code, labels on standard output.
import {
  type AuthnOutcome,
  accept,
  backendLabels,
  type Credentials,
  type Labels,
  type Log,
  NO_LABELS,
  type ProgramResult,
  pass,
  reject,
} from '../../core/plugin.ts'
import { quoted } from './said.ts'

/**
 * A reject for credentials that the protocol can't carry. Of an account with white space the program would take another
 * part of the line for the account, and a token for one identity would be made out to another; of a password with a line
 * break or a NUL it would read a part, so that "secret\nanything" is as good as "secret". Undefined for all others.
 */
export function unfit({ kind, account, password }: Credentials): AuthnOutcome | undefined {
  if (kind === 'anonymous') return undefined
  if (/[\r\n\0]/.test(password.reveal()))
    return reject('the password has a line break or a NUL in it, which ext_auth can not carry')
  if (account === '') return reject('the account is empty, which ext_auth can not carry')
  return /\s/u.test(account)
    ? reject('the account has white space in it, which ext_auth can not carry')
    : undefined
}

/** What the program reads. Anonymous credentials are one blank, as under docker_auth. */
export function extAuthInput({ account, password }: Credentials): string {
  return `${account} ${password.reveal()}`
}

/**
 * @param name the program, for messages
 * @throws Error when the program did not give an answer
 */
export function extAuthOutcome(
  name: string,
  { exitCode, stdout, said }: ProgramResult,
  { password }: Credentials,
  log: Log,
): AuthnOutcome {
  switch (exitCode) {
    case 0:
      return accept({ labels: stdout === '' ? NO_LABELS : readLabels(name, stdout, log) })
    case 1:
      return reject(`exit 1 of ${name}${quoted(said, password)}`)
    case 2:
      return pass
    default:
      throw new Error(
        `${name}: exit ${exitCode} is no answer (0 accepts, 1 rejects, 2 passes)${quoted(said, password)}; run it by hand: printf '%s' 'USER PASSWORD' | ${name}`,
      )
  }
}

/** As Go's encoding/json reads them, which docker_auth used: the key's letters may be of any case. */
function readLabels(name: string, stdout: string, log: Log): Labels {
  const shape = `${name}: its standard output must be empty or JSON such as {"labels":{"group":["dev"]}}`
  let answer: unknown
  try {
    answer = JSON.parse(stdout)
  } catch {
    // Not the parser's message: that quotes the output, which may hold secrets.
    throw new Error(`${shape}; it is not JSON`)
  }
  if (typeof answer !== 'object' || Array.isArray(answer)) throw new Error(`${shape}; it is no JSON object`)
  const [, labels] = Object.entries(answer ?? {}).findLast(([key]) => key.toLowerCase() === 'labels') ?? []
  try {
    return backendLabels(labels, log)
  } catch (error) {
    throw new Error(`${shape}; ${(error as Error).message}`)
  }
}
