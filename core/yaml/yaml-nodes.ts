// Questions about single nodes of a YAML document.
import { isScalar, type Node, type Scalar } from 'yaml'

const MERGE_TAG = 'tag:yaml.org,2002:merge'

/** Whether a key is `<<`, which merges other maps into its own. */
export function isMergeKey(key: Node | null): boolean {
  if (!isScalar(key) || key.type !== 'PLAIN' || key.value !== '<<') return false
  return key.tag === undefined || key.tag === MERGE_TAG
}

/** Whether nothing at all is written there, not even a tag. */
export function isEmpty({ value, source, tag }: Scalar): boolean {
  return value === null && !source && tag === undefined
}

/** Where a node begins; else where the other one does. */
export function offsetOf(
  node: Pick<Node, 'range'> | null | undefined,
  fallback?: Pick<Node, 'range'>,
): number {
  return node?.range?.[0] ?? (fallback ? offsetOf(fallback) : 0)
}
