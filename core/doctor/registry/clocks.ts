// Do the clocks agree? Tokens hold times, and each side looks at its own clock.
import type { Answer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'

/** Some registries give no leeway beyond what our tokens are backdated by. */
const NOTICED_MS = 10_000
/** Distribution takes a token for a minute before and after its time. */
const BAD_MS = 60_000

/** @param realm undefined when nothing answered there */
export function judgeClocks(registry: Answer, realm: Answer | undefined): Finding[] {
  const [one, other] = [registry.skew, realm?.skew]
  if (one === undefined) return []
  const apart = other === undefined ? one : one - other
  const off = Math.abs(apart)
  const whose = other === undefined ? 'this machine' : 'the token server'
  if (off <= NOTICED_MS) {
    // Both of them may be far from here, where the keys are looked at.
    if (Math.abs(one) <= NOTICED_MS)
      return [ok('clock', `the clocks agree, within ${Math.ceil(Math.abs(one) / 1000)} s`)]
    return [
      warning(
        'clock',
        `the clock of this machine is ${span(one)} ${one > 0 ? 'behind' : 'ahead of'} those of the registry and the token server`,
        'times that are shown here are wrong',
        'set it by NTP (timedatectl set-ntp true)',
      ),
    ]
  }
  const words = `the registry's clock is ${span(apart)} ${apart > 0 ? 'ahead of' : 'behind'} that of ${whose}`
  const why =
    apart > 0
      ? 'the registry takes new tokens for expired ones'
      : 'the registry takes new tokens for not yet valid ones'
  const remedy = `set both by NTP (timedatectl set-ntp true); their Date headers, against this machine: registry ${shift(one)}${other === undefined ? '' : `, token server ${shift(other)}`}`
  return [
    off > BAD_MS
      ? wrong('clock', words, why, remedy)
      : warning('clock', words, `${why}, as soon as it is a little more`, remedy),
  ]
}

/** @example span(3_600_000) // '1 h' */
export function span(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

function shift(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${span(ms)}`
}
