// Translates pieces of docker_auth's form for tests.

import { translate } from '../../core/config/docker-auth/translate.ts'
import { formatProblem, type Problem } from '../../core/yaml/problems.ts'
import { parseYaml } from '../../core/yaml/yaml.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into parts of a tree
type Tree = any

export const SERVER = 'server: { addr: ":5001" }\n'
export const TOKEN = 'token: { issuer: x, expiration: 900, certificate: c, key: k }\n'

/** Translates a file named `f`. @returns the native tree as plain JSON, and what was found */
export function translateText(text: string): { native: Tree; problems: string[]; warnings: string[] } {
  const yaml = parseYaml(text, 'f', { version: '1.1', base: '/nowhere' })
  const problems: Problem[] = [...yaml.problems]
  const warnings: Problem[] = []
  const tree = translate(yaml, { problems, warnings })
  return {
    native: JSON.parse(JSON.stringify(tree)),
    problems: problems.map(formatProblem),
    warnings: warnings.map(formatProblem),
  }
}
