// What is known of a YAML text that was read: its values, and where each of them stands.
import type { Node, Pair, ParsedNode } from 'yaml'
import type { Problem, Spot } from './problems.ts'
import type { SecretSource } from './yaml-secret.ts'

/** Where one entry of a map or list stands. `text` is a plain scalar as it was written. */
export interface Entry {
  readonly key: Spot
  readonly value: Spot
  readonly text?: string
}

/** Where a map or list stands, and its entries by key or index. */
export interface Place {
  readonly self: Spot
  readonly entries: Map<string, Entry>
}

export interface YamlFile {
  readonly file: string
  /** Whether secrets may be written out: docker_auth knows nothing else. */
  readonly plainSecrets: boolean
  /** The document that was read; null when there is none. */
  readonly contents: ParsedNode | null
  /** How `!env` and `!file` were read. */
  readonly secrets: SecretSource
  /** Maps are objects without a prototype; `!env` and `!file` are Secrets. Undefined when the text is no YAML. */
  readonly value: unknown
  readonly places: WeakMap<object, Place>
  readonly problems: Problem[]
  readonly warnings: Problem[]
}

export interface YamlOptions {
  /** 1.2 for the native form; 1.1, as Go's yaml.v2 reads it, for docker_auth's. */
  readonly version: '1.1' | '1.2'
  /** The folder that `!file` paths start from. */
  readonly base: string
  /** Where secrets come from. Default: the environment and the files. */
  readonly secrets?: SecretSource | undefined
  /** Is told of each entry as it is read, and which node of the document it is; of a list's, the item itself. */
  readonly onEntry?: ((entry: Entry, node: Pair | Node | null) => void) | undefined
}
