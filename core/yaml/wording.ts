// What zod has against a value, in words that say what to write instead.
import type { z } from 'zod'
import { nearest, Secret } from '../plugin.ts'
import type { JsonSchema } from './shape.ts'
import { blankMissing } from './slips.ts'

type Issue = z.core.$ZodIssue

/**
 * The message for a value.
 *
 * @param value what stands there; undefined when nothing does
 * @param nodes what the schema knows of that place
 */
export function wording(issue: Issue, value: unknown, nodes: readonly JsonSchema[]): string {
  if (value === undefined && ABOUT_KIND.has(issue.code)) return missing(issue, nodes)
  const { message } = issue
  if (issue.code === 'invalid_value' && RAW.test(message)) return notOneOf(issue.values, value)
  if ((issue.code === 'too_small' || issue.code === 'too_big') && RAW.test(message)) return size(issue, nodes)
  if (issue.code === 'invalid_type' && RAW.test(message))
    return `is ${kindOf(value)}; ${instead(issue.expected, value, nodes)}`
  if (issue.code === 'invalid_format' && issue.format === 'url' && RAW.test(message))
    return 'is no URL; write https://HOST/PATH'
  return message.replace(RAW, '')
}

/** How zod's own texts begin. */
const RAW = /^(Invalid (input|option|string|number|key|element|url)\b[^:]*(: )?|Too (small|big): )/i

const ABOUT_KIND: ReadonlySet<string | undefined> = new Set([
  'invalid_type',
  'invalid_union',
  'invalid_value',
  'invalid_format',
])

const NOUNS: ReadonlyMap<string, string> = new Map([
  ['object', 'a map'],
  ['record', 'a map'],
  ['map', 'a map'],
  ['array', 'a list'],
  ['string', 'text'],
  ['boolean', 'true or false'],
  ['int', 'a whole number'],
])

/** A schema's own message is about a value of another kind: "must be text", "is no URL; write ...". */
function missing(issue: Issue, nodes: readonly JsonSchema[]): string {
  const { message } = issue
  if (message.startsWith('is missing')) return message
  return `is missing; write ${wanted(issue)}${purpose(nodes)}`
}

function wanted(issue: Issue): string {
  const { message } = issue
  if (issue.code === 'invalid_type' && RAW.test(message))
    return NOUNS.get(issue.expected) ?? `a ${issue.expected}`
  if (issue.code === 'invalid_value' && RAW.test(message)) return choices(issue.values)
  const [, written] = /; write (.*)$/s.exec(message) ?? []
  return (
    written ??
    message
      .replace(RAW, '')
      .replace(/^must be /, '')
      .replace(/; .*$/s, '')
  )
}

/** What the option is for, as its schema has it. */
function purpose(nodes: readonly JsonSchema[]): string {
  const description = nodes.find(({ description }) => description !== undefined)?.description
  return description === undefined ? '' : `: ${description.replace(/\.$/, '')}`
}

function choices(values: readonly unknown[]): string {
  return `${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`
}

function notOneOf(values: readonly unknown[], value: unknown): string {
  const near = typeof value === 'string' ? choiceMeant(value, values.map(String)) : undefined
  return `must be ${choices(values)}${near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`}`
}

/** `1.2` is TLSv1.2, and so is TLS12; of several that are as near, none is meant. */
function choiceMeant(value: string, choices: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z\d]/g, '')
  const wanted = plain(value)
  for (const fits of [
    (choice: string) => choice.endsWith(wanted),
    (choice: string) => nearest(wanted, [choice], 1) !== undefined,
  ]) {
    const found = choices.filter((choice) => wanted !== '' && fits(plain(choice)))
    if (found.length === 1) return found[0]
  }
  return undefined
}

function size(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  nodes: readonly JsonSchema[],
): string {
  const most = issue.code === 'too_big'
  const bound = most ? issue.maximum : issue.minimum
  if (issue.origin === 'string') {
    if (most) return `is too long; write ${bound} characters at most`
    return bound === 1
      ? `is empty; write text${purpose(nodes)}`
      : `is too short; write ${bound} characters or more`
  }
  if (issue.origin === 'number' || issue.origin === 'int' || issue.origin === 'bigint')
    return bounds(issue, nodes)
  if (most) return `has too many entries; write ${bound} at most`
  return `needs ${bound} ${bound === 1 ? 'entry' : 'entries'} or more; write them, or leave the key out`
}

function bounds(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  nodes: readonly JsonSchema[],
): string {
  const least = nodes.find(({ minimum }) => isBound(minimum))?.minimum
  const most = nodes.find(({ maximum }) => isBound(maximum))?.maximum
  if (least !== undefined && most !== undefined)
    return `must be between ${least} and ${most}; write such a number`
  if (issue.code === 'too_big') return `must be ${issue.maximum} or less; write such a number`
  const than = issue.inclusive === false ? `greater than ${issue.minimum}` : `${issue.minimum} or more`
  return `must be ${than}; write such a number`
}

/** What every whole number is bound by is no limit of an option. */
function isBound(bound: number | undefined): bound is number {
  return bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER
}

/** What may be shown of a value: short, and nothing that a password could be a part of. */
const SHOWABLE = /^[\w.:/*-]{1,60}$/

/** What to write, with the value in it where that helps. */
function instead(expected: string, value: unknown, nodes: readonly JsonSchema[]): string {
  const noun = NOUNS.get(expected) ?? `a ${expected}`
  const plain = `write ${noun}`
  if (expected === 'boolean' && typeof value === 'string') return TRUTHS.get(value.toLowerCase()) ?? plain
  if (expected === 'array') {
    if (typeof value === 'string') return SHOWABLE.test(value) ? `${plain}: [${value}]` : plain
    return typeof value === 'object' && value !== null ? dashes(Object.keys(value)) : plain
  }
  if (noun !== 'a map') return plain
  if (value === null) return `${plain}, whose keys are indented further than this one`
  if (typeof value !== 'string') return plain
  const [only] = nodes.flatMap(({ required = [], properties }) =>
    required.length === 1 && properties?.[required[0]!]?.type === 'string' ? required : [],
  )
  const shown = only !== undefined && SHOWABLE.test(value) ? `${plain}: { ${only}: ${value} }` : plain
  return blankMissing(value.split(' ')[0]!) ?? shown
}

/** What YAML 1.1 took for truth values, or quotes make text. */
const TRUTHS: ReadonlyMap<string, string> = new Map([
  ...['true', 'yes', 'on', 'y', '1'].map((word) => [word, 'write true, without quotes'] as const),
  ...['false', 'no', 'off', 'n', '0'].map((word) => [word, 'write false, without quotes'] as const),
])

function dashes(keys: readonly string[]): string {
  const joined = keys.find((key) => key.startsWith('-'))
  return joined === undefined
    ? 'write a list: begin each item with "- "'
    : `write a blank after the -: "- ${joined.slice(1)}: ..."`
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string' || value instanceof Secret) return 'text'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'boolean' ? 'a truth value' : 'a number'
}
