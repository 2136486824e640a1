// Sums up many answers: how many of which kind, why some were refused, how long they took.
import type { Answer } from './client.ts'

const MOST_KINDS = 6
const MOST_REASON = 90

/** `200 x 45, 503 x 15 (the service is ...)`, the most frequent first. */
export function kindsOf(answers: readonly Answer[]): string {
  return counted(
    answers.map((answer) => [String(answer.status || 'none'), reasonOf(answer)].join(' ').trim()),
  )
}

/** Texts with how often each was there, the most frequent first. */
export function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const kinds = [...counts].sort(([, one], [, other]) => other - one)
  const shown = kinds.slice(0, MOST_KINDS).map(([text, count]) => `${count} x ${text}`)
  if (kinds.length > MOST_KINDS) shown.push(`${kinds.length - MOST_KINDS} kinds more`)
  return shown.join('; ') || 'none'
}

/** Why an answer is none with a token, in the server's words; empty for 200. Numbers are left out, so that reasons can be counted. */
function reasonOf({ status, text }: Answer): string {
  if (status === 200) return ''
  return text.length === 0 ? '' : `(${withoutNumbers(messageOf(text))})`
}

/** A text in which all numbers are alike, and not too long for a line. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, 'N').replaceAll(/\s+/g, ' ').trim().slice(0, MOST_REASON)
}

function messageOf(text: string): string {
  try {
    return JSON.parse(text).errors[0].message
  } catch {
    return text
  }
}

/** `p50 70 ms, p99 160 ms, max 171 ms` */
export function timesOf(answers: readonly Answer[]): string {
  if (answers.length === 0) return 'nothing measured'
  const times = answers.map(({ ms }) => ms).sort((one, other) => one - other)
  const at = (share: number) => shown(times[Math.min(times.length - 1, Math.floor(times.length * share))]!)
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${shown(times.at(-1)!)}`
}

/** The longest of them, in milliseconds; 0 of none. */
export function longest(answers: readonly Answer[]): number {
  return answers.reduce((most, { ms }) => Math.max(most, ms), 0)
}

/** A time for people. */
export function shown(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
