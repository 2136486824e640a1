// Texts that are meant as environment variables, as other programs read them: `${NAME}` or `$NAME` as a whole value. Here they are
// just texts: a client would be called so, or a file looked for under that name.
import type { z } from 'zod'
import { WITH_PLACEHOLDERS } from '../kit/placeholders.ts'
import { variableIn } from '../kit/plain-secrets.ts'
import type { Problem } from '../yaml/problems.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { markedBy, schemasAlong } from './schema-marks.ts'

/** The keys that lead to a value. */
type Path = readonly string[]

/** A text that looks like a variable. */
export interface Unread extends Problem {
  readonly keys: Path
}

/**
 * Finds texts that look like variables. To be done before values are validated, which reads secrets as texts.
 *
 * @param root the file, or a part of it
 */
export function unreadVariables(root: unknown, yaml: YamlFile): Unread[] {
  const found: Unread[] = []
  const seen = new Set<object>()
  const look = (value: object, keys: Path) => {
    if (seen.has(value)) return
    seen.add(value)
    for (const [key, { value: spot }] of yaml.places.get(value)?.entries ?? []) {
      const held = (value as Record<string, unknown>)[key]
      const variable = typeof held === 'string' ? variableIn(held) : undefined
      const at = [...keys, key]
      if (variable !== undefined) {
        const message = `is this text, not the value of the variable; write !env ${variable}`
        found.push({ file: yaml.file, ...spot, message, keys: at })
      } else if (typeof held === 'object' && held !== null) look(held, at)
    }
  }
  if (typeof root === 'object' && root !== null) look(root, [])
  return found
}

/** docker_auth's options with placeholders. */
const OF_DOCKER_AUTH: readonly Path[] = [['acl'], ['ldap_auth', 'filter']]

/** Whether an option of docker_auth's form, or one above it, has placeholders. */
export function hasDockerAuthPlaceholders(keys: Path): boolean {
  return OF_DOCKER_AUTH.some((own) => own.every((key, index) => key === keys[index]))
}

/** Whether an option of a plugin, or one above it, has placeholders. */
export function hasPlaceholders(schema: z.ZodType, keys: Path): boolean {
  const levels = schemasAlong(markedBy(schema, WITH_PLACEHOLDERS), keys)
  return levels.some((nodes) => nodes.some(({ placeholders }) => placeholders))
}
