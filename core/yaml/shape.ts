// What a schema knows, as JSON Schema: which keys a map may have, what a number may be, what an option is for.
import { z } from 'zod'

/** A part of a schema. */
export interface JsonSchema {
  readonly description?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  /** See `misplaced` of kit/misplaced.ts. */
  readonly 'x-misplaced'?: Readonly<Record<string, string>>
}

type Path = readonly PropertyKey[]

/** What a schema knows of the values below it. */
export class Shape {
  readonly #schema: z.ZodType
  #root: JsonSchema | undefined

  /** The JSON Schema is made when something is wrong, and once. */
  constructor(schema: z.ZodType) {
    this.#schema = schema
  }

  /** All that may stand at a path: of a union each branch. */
  at(path: Path): readonly JsonSchema[] {
    this.#root ??= z.toJSONSchema(this.#schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    let nodes = branches(this.#root)
    for (const key of path) nodes = nodes.flatMap((node) => childOf(node, key)).flatMap(branches)
    return nodes
  }

  /** The keys of the map at a path. */
  keysAt(path: Path): string[] {
    return [...new Set(this.at(path).flatMap((node) => Object.keys(node.properties ?? {})))]
  }
}

function branches(node: JsonSchema): JsonSchema[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
  return [node, ...inner.flatMap(branches)]
}

function childOf(node: JsonSchema, key: PropertyKey): JsonSchema[] {
  const child = node.properties?.[String(key)] ?? node.items ?? node.additionalProperties
  return typeof child === 'object' ? [child] : []
}
