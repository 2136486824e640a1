// The file that names the staff.
import { type Host, mapOf, z } from 'dockwarden/plugin'
import type { Person } from './tokens.ts'

const person = z.strictObject({
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex; make one with: printf %s "$KEY" | sha256sum'),
  team: z.string(),
  owns: z.array(z.string()).default([]),
})
const file = z.strictObject({ staff: mapOf(person) })

/** The staff by name, and the hashes of their keys. */
export function readStaff(path: string, { yaml }: Pick<Host, 'yaml'>) {
  const { staff } = yaml.read(path, file).value
  return {
    find(name: string): Person | undefined {
      const found = staff.get(name)
      return found && { name, team: found.team, owns: [...found.owns] }
    },
    keyOf: (name: string) => staff.get(name)?.key_sha256,
  }
}
