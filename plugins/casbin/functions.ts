// The functions that a matcher can call, as casbin's Go library defines them. Those of the JavaScript library differ in
// places, and build JavaScript regular expressions from policies, which can take exponential time; these are RE2.
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import { compileGlob, contains, parseAddress, parseNetwork } from '../../core/plugin.ts'
import { hasLabels, type LabelSets, labelSets, parseLabels } from './labels.ts'

/** A function was given what it can't work with. */
export class Unjudgeable extends Error {
  override name = 'Unjudgeable'
}

/** What the functions cost, in steps. */
export class Meter {
  #steps = 0

  add(steps: number): void {
    this.#steps += steps
  }

  /** What has come together since the last time. */
  take(): number {
    const steps = this.#steps
    this.#steps = 0
    return steps
  }
}

/** A function of two texts, or of three. */
export type MatcherFunction = (...texts: readonly string[]) => boolean | string

/**
 * The functions by name.
 *
 * @param patterns how many different patterns may be kept compiled
 * @param meter gets what each call costs
 */
export function matcherFunctions(patterns: number, meter: Meter): ReadonlyMap<string, MatcherFunction> {
  const kept = <V extends object>(compile: (text: string) => V) => keep(patterns, meter, compile)
  const regexOf = kept(compileRegex)
  const globOf = kept((text) => compileGlob(text) ?? unjudgeable('globMatch', text, 'no valid glob'))
  const labelsOf = kept<LabelSets>((text) => {
    try {
      return labelSets(parseLabels(text))
    } catch (error) {
      throw new Unjudgeable(`labelMatch: ${(error as Error).message}`)
    }
  })
  const matches = (text: string, pattern: string) => regexOf(`^${pattern}$`).test(text)
  const functions: Record<string, MatcherFunction> = {
    labelMatch: (held, wanted) => hasLabels(labelsOf(held!), labelsOf(wanted!)),
    regexMatch: (text, pattern) => regexOf(pattern!).test(text!),
    ipMatch: (address, network) => ipMatch(address!, network!),
    globMatch: (text, pattern) => globOf(pattern!)(text!),
    keyMatch: (text, pattern) => keyRest(text!, pattern!) !== undefined,
    keyGet: (text, pattern) => (pattern!.includes('*') && keyRest(text!, pattern!)) || '',
    keyMatch2: (text, pattern) => matches(text!, keyPattern(pattern!, COLON, '[^/]+')),
    keyMatch3: (text, pattern) => matches(text!, keyPattern(pattern!, BRACES, '[^/]+')),
    keyMatch5: (text, pattern) => matches(text!.split('?', 1)[0]!, keyPattern(pattern!, BRACES, '[^/]+')),
    keyMatch4: (text, pattern) => {
      const names = partsOf(pattern!, BRACES)
      const found = groupsOf(text!, regexOf(`^${keyPattern(pattern!, BRACES, '([^/]+)')}$`))
      if (!found) return false
      if (found.length !== names.length) {
        return unjudgeable('keyMatch4', pattern!, 'a pattern with groups of its own; write (?:...)')
      }
      return names.every((name, index) => found[names.indexOf(name)] === found[index])
    },
    keyGet2: (text, pattern, name) => {
      const names = partsOf(pattern!, COLON)
      const found = groupsOf(text!, regexOf(`^${keyPattern(pattern!, COLON, '([^/]+)')}$`))
      return found?.[names.indexOf(`:${name}`)] ?? ''
    },
    keyGet3: (text, pattern, name) => {
      const names = partsOf(pattern!, SHORT_BRACES)
      const found = groupsOf(text!, regexOf(`^${keyPattern(pattern!, SHORT_BRACES, '([^/]+?)')}$`))
      return found?.[names.indexOf(`{${name}}`)] ?? ''
    },
  }
  return new Map(Object.entries(functions).map(([name, call]) => [name, checked(name, call, meter)]))
}

/** These take three texts, the others two. */
const THREE = new Set(['keyGet2', 'keyGet3'])

const STEPS_A_CALL = 0.5

function checked(name: string, call: MatcherFunction, meter: Meter): MatcherFunction {
  const count = THREE.has(name) ? 3 : 2
  return (...texts) => {
    meter.add(STEPS_A_CALL)
    if (texts.length !== count || !texts.every((text) => typeof text === 'string')) {
      throw new Unjudgeable(`${name} needs ${count} texts`)
    }
    return call(...texts)
  }
}

/** What it costs to compile a text. */
const COMPILE_STEPS = 20
const STEPS_A_CHARACTER = 3

/** So many characters may be kept: a client's labels are among them. */
const MOST_CHARACTERS = 8_000_000

function keep<V extends object>(
  max: number,
  meter: Meter,
  compile: (text: string) => V,
): (text: string) => V {
  const kept = new LRUCache<string, V>({
    max,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_, text) => text.length + 1,
  })
  return (text) => {
    let held = kept.get(text)
    if (!held) {
      meter.add(COMPILE_STEPS + STEPS_A_CHARACTER * text.length)
      held = compile(text)
      kept.set(text, held)
    }
    return held
  }
}

function compileRegex(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch {
    return unjudgeable('regexMatch', text, 'no valid RE2 regular expression')
  }
}

function unjudgeable(name: string, text: string, what: string): never {
  throw new Unjudgeable(`${name}: ${JSON.stringify(text)} is ${what}`)
}

function ipMatch(address: string, network: string): boolean {
  const asked = parseAddress(address) ?? unjudgeable('ipMatch', address, 'no address')
  const wanted = parseNetwork(network) ?? unjudgeable('ipMatch', network, 'neither an address nor a network')
  return contains(wanted, asked)
}

/** What stands at the pattern's first `*`, behind which it means nothing; undefined = no match. */
function keyRest(text: string, pattern: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star < 0) return text === pattern ? '' : undefined
  return text.startsWith(pattern.slice(0, star)) ? text.slice(star) : undefined
}

const COLON = /:[^/]+/g
const BRACES = /\{[^/]+\}/g
const SHORT_BRACES = /\{[^/]+?\}/g

function starred(pattern: string): string {
  return pattern.replaceAll('/*', '/.*')
}

function partsOf(pattern: string, parts: RegExp): readonly string[] {
  return starred(pattern).match(parts) ?? []
}

/** The pattern's parts as a regular expression: what stands around them is one already, as in Go. */
function keyPattern(pattern: string, parts: RegExp, part: string): string {
  return starred(pattern).replace(parts, () => part)
}

function groupsOf(text: string, regex: RE2JS): readonly (string | null)[] | undefined {
  const matcher = regex.matcher(text)
  if (!matcher.find()) return undefined
  return Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1))
}
