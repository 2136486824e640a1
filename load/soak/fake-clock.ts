// A clock that steps, for one process: libfaketime, where it is installed.
import { existsSync, globSync, writeFileSync } from 'node:fs'

/** A clock that can be set. */
export interface FakeClock {
  /** For the process that shall have it. */
  readonly env: Readonly<Record<string, string>>
  /** Puts it ahead by so many seconds, or back. */
  set(seconds: number): void
}

/** @param file where the offset stands. @returns undefined without the library */
export function fakeClock(file: string): FakeClock | undefined {
  const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
  if (library === undefined || !existsSync(library)) return undefined
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`)
  set(0)
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // As with a real step: the monotonic clock goes on.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  return { env, set }
}
