// Labels as docker_auth's casbin models know them: a JSON text such as {"group":["dev"]}, in the request and in the policy.
import { type Labels, toLabels } from '../../core/plugin.ts'

/**
 * The request's labels as text, written as Go writes JSON: names in order, `<`, `>` and `&` escaped. A matcher may compare it.
 *
 * @example labelsText({ group: ['dev'] }) // {"group":["dev"]}
 */
export function labelsText(labels: Labels): string {
  const sorted = Object.keys(labels)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`)
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `{${sorted.join()}}`.replace(/[<>&\u2028\u2029]/g, escaped)
}

/**
 * Reads labels from such a text. An empty one means no labels.
 *
 * @throws Error when it is not JSON, or JSON of another form: docker_auth takes it for no labels, so that a slip of the pen in
 *   the policy grants to everybody
 */
export function parseLabels(text: string): Labels {
  if (text === '') return toLabels({})
  try {
    const held: unknown = JSON.parse(text)
    const lists = Object.values((held ?? {}) as object).every(
      (values) => values === null || Array.isArray(values),
    )
    if (lists) return toLabels(held)
  } catch {
    // The text is no JSON, or its values are no texts; said below.
  }
  throw new Error(`${JSON.stringify(text)} are no labels; write JSON such as {"group":["dev"]}`)
}

/** Labels to be compared: each line of a policy asks for some values of maybe thousands. */
export type LabelSets = ReadonlyMap<string, ReadonlySet<string>>

export function labelSets(labels: Labels): LabelSets {
  return new Map(Object.keys(labels).map((name) => [name, new Set(labels[name])]))
}

/** docker_auth's labelMatch: whether an account has each value of each label that is wanted. */
export function hasLabels(held: LabelSets, wanted: LabelSets): boolean {
  for (const [name, values] of wanted) {
    const own = held.get(name)
    for (const value of values) if (!own?.has(value)) return false
  }
  return true
}
