// Labels as docker_auth's casbin models know them: a JSON text such as {"group":["dev"]}, in the request and in the policy.
import { type Labels, toLabels } from '../../core/contract/index.ts'

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

/** docker_auth's labelMatch: whether an account has each value of each label that is wanted. */
export function hasLabels(held: Labels, wanted: Labels): boolean {
  return Object.keys(wanted).every((name) => {
    const values = Object.hasOwn(held, name) ? held[name]! : []
    return wanted[name]!.every((value) => values.includes(value))
  })
}
