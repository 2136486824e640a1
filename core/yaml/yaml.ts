// A YAML file as plain values that remember where they stand: every later message can name line and column.
import type { Problem } from './problems.ts'
import { firstDocument } from './yaml-document.ts'
import type { Fault } from './yaml-faults.ts'
import type { YamlFile, YamlOptions } from './yaml-file.ts'
import { TooMuch } from './yaml-limits.ts'
import { YamlReader } from './yaml-reader.ts'
import { readSecret } from './yaml-secret.ts'

/**
 * Parses the text of a configuration. Whatever it holds, this ends soon, and throws nothing.
 *
 * @param file how messages name it
 * @returns values and places; `problems` holds every syntax error, alias without an anchor, unreadable `!env` or `!file`, ...
 */
export function parseYaml(text: string, file: string, options: YamlOptions): YamlFile {
  const { contents, lines, syntax, faults, warnings } = firstDocument(text, options.version)
  const reader = new YamlReader(lines, options)
  let stops: readonly Fault[] = syntax
  let value: unknown
  try {
    for (const fault of faults) reader.fault(fault)
    value = reader.read(contents, '')
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    stops = [error]
  }
  if (stops.length > 0) value = undefined
  const end = Math.min(...stops.map(({ offset }) => offset))
  // What stands behind a fault that stopped the reading was guessed.
  const before = ({ offset }: Fault) => offset < end
  const located = ({ offset, path = '', message }: Fault): Problem => ({
    file,
    ...reader.spot(offset, path),
    message,
  })
  return {
    file,
    plainSecrets: options.version === '1.1',
    contents,
    secrets: options.secrets ?? readSecret,
    value,
    places: reader.places,
    problems: [...reader.faults.filter(before), ...stops].map(located),
    warnings: [...warnings, ...reader.warnings].filter(before).map(located),
  }
}
