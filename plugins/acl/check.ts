// What is wrong with a list of rules, at the places where it is written.
import { checkRules } from '../../core/plugin.ts'
import { type Conflict, flatten, type Outside, type Path } from './flatten.ts'

/**
 * Checks a list of rules, groups and includes; what is included is not read.
 *
 * @returns each fault with its path in the list
 */
export function checkItems(
  items: unknown,
  substitution: 'literal' | 'pattern',
  outside: Outside,
): readonly { readonly path: Path; readonly message: string }[] {
  const conflicts: Conflict[] = []
  const entries = flatten(items, outside, conflicts).filter((entry) => entry.kind !== 'include')
  const told = new Set<string>()
  const faults = checkRules(
    entries.map(({ rule }) => rule),
    { substitution },
  ).flatMap(({ path: [index, ...path], message, severity }) => {
    const entry = entries[index as number]!
    if (severity !== 'error') return []
    if (entry.kind === 'group') told.add(message)
    // What a rule has from its group is told where that stands, before its rules.
    else if (told.has(message) && isOutside(path, entry.outside)) return []
    return [{ path: [...entry.path, ...ownPath(path)], message }]
  })
  return [...conflicts, ...faults]
}

function isOutside([key, name, label]: Path, { match, when }: Outside): boolean {
  if (key === 'when') return (name as number) < when.length
  if (key !== 'match') return false
  if (name === 'labels') return Object.hasOwn(match.labels ?? {}, label as string)
  return Object.hasOwn(match, name as string)
}

/** An expression's number is that in the rule's complete list. */
function ownPath(path: Path): Path {
  return path[0] === 'when' ? ['when'] : path
}
