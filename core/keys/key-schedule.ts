// When each key of the state directory signs and is published. The time from which a key signs is in its file's name; all
// else follows from it, so that every process that shares the directory comes to the same schedule.

/** waiting: published, does not sign yet. retiring: published for the tokens that it signed. retired: good for nothing. */
export type KeyStage = 'waiting' | 'signing' | 'retiring' | 'retired'

/**
 * Milliseconds. Registries take a token for a minute after its end, clocks of nodes differ, and another node may notice a
 * new key some seconds late.
 */
const MARGIN = 120_000

export interface ScheduledKey {
  /** Milliseconds since the epoch; -Infinity for the first key. */
  readonly signsFrom: number
}

/** Where a key is in its life. */
export interface KeyLife {
  readonly stage: KeyStage
  /** When a key that no longer signs is retired. */
  readonly retiresAt?: number
}

/**
 * @param keys in the order in which they sign
 * @param now milliseconds since the epoch
 * @param longestLifetime the longest that a token can be good, in milliseconds
 * @returns the stage of each key, in the same order
 * @example stagesOf([{ signsFrom: -Infinity }, { signsFrom: later }], now, 900_000) // signing, waiting
 */
export function stagesOf(keys: readonly ScheduledKey[], now: number, longestLifetime: number): KeyLife[] {
  const signing = signingIndex(keys, now)
  return keys.map((_, index) => {
    if (index > signing) return { stage: 'waiting' }
    if (index === signing) return { stage: 'signing' }
    const retiresAt = keys[index + 1]!.signsFrom + longestLifetime + MARGIN
    return { stage: retiresAt <= now ? 'retired' : 'retiring', retiresAt }
  })
}

/**
 * Which of the keys signs: the last one whose time has come. When a clock was set back, or earlier keys are gone, the first.
 *
 * @returns -1 when there is no key
 */
export function signingIndex(keys: readonly ScheduledKey[], now: number): number {
  const index = keys.findLastIndex(({ signsFrom }) => signsFrom <= now)
  return index === -1 && keys.length > 0 ? 0 : index
}

const FIRST = 'signing.pem'
const LATER = /^signing-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.pem$/

/** The name of the file of a key that signs from a time on, to the second. @example 'signing-20261124T094500Z.pem' */
export function keyFileName(signsFrom: number): string {
  if (signsFrom === Number.NEGATIVE_INFINITY) return FIRST
  return `signing-${new Date(signsFrom).toISOString().replace(/[-:]|\.\d+/g, '')}.pem`
}

/** When the key in a file signs. @returns undefined for every other file */
export function signsFrom(name: string): number | undefined {
  if (name === FIRST) return Number.NEGATIVE_INFINITY
  const time = Date.parse(name.replace(LATER, '$1-$2-$3T$4:$5:$6Z'))
  // A name that the other function would not give is of something else: there is no 30 February.
  return !Number.isNaN(time) && keyFileName(time) === name ? time : undefined
}
