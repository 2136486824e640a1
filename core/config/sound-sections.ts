// What is left of a configuration that is wrong elsewhere.
import type { Spot } from '../yaml/problems.ts'
import { validate } from '../yaml/validate.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { type NativeConfig, nativeSchema } from './native/schema.ts'

/** The sections that are sound, and the default ones in the place of others. @param at where the file begins */
export function soundSections(
  tree: unknown,
  yaml: YamlFile,
  at: Spot,
): Pick<NativeConfig, 'server' | 'token' | 'log'> {
  const { server, token, log } = nativeSchema.shape
  const given = (tree ?? {}) as Partial<NativeConfig>
  return {
    server: validate(server, given.server, yaml, at, []) ?? server.parse(undefined),
    token: validate(token, given.token, yaml, at, []) ?? token.parse(undefined),
    log: validate(log, given.log, yaml, at, []) ?? log.parse(undefined),
  }
}
