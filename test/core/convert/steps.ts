// Converts texts in docker_auth's form for tests.
import { type Conversion, convertText, type Target } from '../../../core/convert/convert.ts'
import { type Proof, prove } from '../../../core/convert/proof.ts'

export const HEAD =
  'server: { addr: ":5001" }\ntoken: { issuer: x, expiration: 900, certificate: c, key: k }\n'

/** Everything is in the working directory, as a container's / is. */
const TARGET: Target = { file: 'new.yml', secrets: 'variables' }

export async function converted(text: string, target: Partial<Target> = {}): Promise<Conversion> {
  return await convertText({ file: 'auth.yml', text }, { ...TARGET, ...target })
}

/** @returns the sections `authenticators` and `authorizers` of the new file, as texts */
export function chainsOf({ text }: Conversion): { authenticators: string; authorizers: string } {
  const part = (name: string) => new RegExp(`^${name}:.*\\n((?:[ #].*\\n|\\n)*)`, 'm').exec(text)?.[1] ?? ''
  return { authenticators: part('authenticators'), authorizers: part('authorizers') }
}

export async function proofOf(text: string, count: number, target: Partial<Target> = {}): Promise<Proof> {
  const all = { ...TARGET, ...target }
  return await prove({ file: 'auth.yml', text }, await converted(text, target), all, count)
}
