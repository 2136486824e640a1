// Nothing at start or stop may wait for ever.

/**
 * Waits for a promise, but not longer than `ms` milliseconds.
 *
 * @param hint what to do about it; stands at the end of the message
 * @throws Error `${what} within N s` when the time is over
 * @example await withDeadline(plugin.close(), 5_000, 'plugin ldap (id corp) did not close')
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, what: string, hint = ''): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what} within ${ms / 1000} s${hint}`)), ms)
  })
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}
