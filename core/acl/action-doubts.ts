// Actions of a rule that no client of a registry asks for, or that are not enough for what they are for.
import { distance } from 'fastest-levenshtein'
import { type Doubt, isOfRepositories } from './doubt.ts'
import type { Rule } from './rule.ts'

/** What clients of registries ask for. */
const KNOWN = ['pull', 'push', 'delete', '*'] as const

/** What others call them. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['read', 'pull'],
  ['download', 'pull'],
  ['get', 'pull'],
  ['list', 'pull'],
  ['write', 'push'],
  ['upload', 'push'],
  ['create', 'push'],
  ['update', 'push'],
  ['put', 'push'],
  ['remove', 'delete'],
  ['all', '*'],
  ['any', '*'],
  ['admin', '*'],
  ['**', '*'],
  ['/.+/', '*'],
  ['/.*/', '*'],
])

/** What is doubtful about a rule's actions. */
export function doubtsOfActions({ match: { type } = {}, actions, effect = 'grant' }: Rule): Doubt[] {
  const doubts: Doubt[] = []
  const ofRegistry = isOfRepositories(type) || type === 'registry'
  for (const [index, action] of actions.entries()) {
    const message = doubtOfWord(action, ofRegistry)
    if (message !== undefined) doubts.push({ path: ['actions', index], message })
  }
  if (doubts.length > 0 || effect !== 'grant' || actions.includes('*')) return doubts
  if (type === 'registry' && actions.length > 0) {
    doubts.push({
      path: ['actions'],
      message: 'are not what the catalog of a registry is asked for, which is the action *; write ["*"]',
    })
  } else if (isOfRepositories(type) && actions.includes('push') && !actions.includes('pull')) {
    doubts.push({
      path: ['actions'],
      message:
        'have push without pull, with which no client can push, as it asks for both; write [pull, push]',
    })
  }
  return doubts
}

/** @param ofRegistry only then it is known what can be asked for */
function doubtOfWord(action: string, ofRegistry: boolean): string | undefined {
  if (KNOWN.some((known) => known === action)) return undefined
  if (action === '')
    return 'is empty, and nobody asks for that; write [] to grant nothing, or ["*"] for whatever is asked'
  const parts = action.split(/[\s,;|]+/).filter((part) => part !== '')
  if (parts.length > 1 || parts[0] !== action)
    return `is one action with this name; write each by itself: [${parts.map((part) => meant(part) ?? part).join(', ')}]`
  const word = meant(action)
  if (word === undefined)
    return ofRegistry
      ? `${JSON.stringify(action)} is no action that clients of registries ask for; known: ${KNOWN.join(', ')}`
      : undefined
  if (!ofRegistry && word !== action.toLowerCase()) return undefined
  return `${JSON.stringify(action)} is no action that clients of registries ask for; did you mean ${JSON.stringify(word)}?`
}

function meant(action: string): string | undefined {
  const lower = action.toLowerCase()
  const [nearest] = KNOWN.filter((known) => known !== '*')
    .map((word) => ({ word, far: distance(lower, word) }))
    .sort((a, b) => a.far - b.far)
  return (
    MEANT.get(lower) ?? (nearest!.far <= 2 && nearest!.far < lower.length - 1 ? nearest!.word : undefined)
  )
}
