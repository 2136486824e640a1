import type { YamlFile } from './yaml.ts'
import type { Problem } from './problems.ts'
export function isDockerAuthForm(value: unknown): boolean { return false }
export function translate(yaml: YamlFile, sink: { problems: Problem[]; warnings: Problem[] }): unknown { return yaml.value }
