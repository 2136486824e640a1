// Who runs a command, for the audit log.
import { hostname, userInfo } from 'node:os'

/** @example operator() // 'root@registry-1' */
export function operator(): string {
  return `${userName()}@${hostname()}`
}

/** In a container the user often has a number only. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.()}`
  }
}
