// What schemas say of themselves in a registry, such as that an option is a path.
import { z } from 'zod'

interface JsonSchema {
  readonly properties?: Record<string, this>
  readonly additionalProperties?: this | boolean
  readonly items?: this
  readonly anyOf?: readonly this[]
  readonly oneOf?: readonly this[]
  readonly allOf?: readonly this[]
}

/** A schema with what a registry has of it and of all in it. */
export type Marked<M extends object> = JsonSchema & Partial<M>

/** Shows a schema with its marks: dear, so ask once for many keys. */
export function markedBy<M extends object>(schema: z.ZodType, registry: z.core.$ZodRegistry<M>): Marked<M> {
  const metadata = registry as unknown as typeof z.globalRegistry
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', metadata }) as unknown as Marked<M>
}

/**
 * The schemas of a value, and of all that it stands in.
 *
 * @param keys lead from the schema's own value to the one in question
 * @returns for each level from the outermost on all branches; none where nothing is known
 */
export function schemasAlong<M extends object>(schema: Marked<M>, keys: readonly string[]): Marked<M>[][] {
  const levels: Marked<M>[][] = [branches(schema)]
  for (const key of keys) {
    const children = levels.at(-1)!.flatMap(({ properties, items, additionalProperties: others }) => {
      const child = properties?.[key] ?? items ?? (typeof others === 'object' ? others : undefined)
      return child ? branches(child as Marked<M>) : []
    })
    levels.push(children)
  }
  return levels
}

function branches<M extends object>(node: Marked<M>): Marked<M>[] {
  const inner = [node.anyOf, node.oneOf, node.allOf].flatMap((each) => each ?? [])
  return [node, ...inner.flatMap((each) => branches(each as Marked<M>))]
}
