// Times as text, in whole seconds: of thousands in one second, which ask for the same, the first one makes it.

let [last, text] = [Number.NaN, '']

/**
 * A whole second in the way of RFC 3339.
 *
 * @param ms milliseconds since the epoch; what is beyond the second is left out
 * @example secondText(0) // '1970-01-01T00:00:00Z'
 */
export function secondText(ms: number): string {
  const second = Math.floor(ms / 1_000)
  if (second !== last) {
    text = `${new Date(second * 1_000).toISOString().slice(0, -5)}Z`
    last = second
  }
  return text
}
