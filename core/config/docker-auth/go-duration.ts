// Durations as docker_auth reads them.

const SECONDS = { ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3_600 }
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g

/**
 * A duration as Go's YAML library reads it: `1m30s`, `-1h`, and a number without a unit is nanoseconds.
 *
 * @returns seconds; undefined when the text is none
 * @example goSeconds('1m30s') // 90
 */
export function goSeconds(text: string): number | undefined {
  const [, sign, size = ''] = /^([+-]?)(.*)$/s.exec(text)!
  const seconds = secondsOf(size)
  return seconds && sign === '-' ? -seconds : seconds
}

function secondsOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * SECONDS.ns
  const parts = [...text.matchAll(PART)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * SECONDS[unit as keyof typeof SECONDS],
    0,
  )
}
