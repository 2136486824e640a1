// Heavy drivers are optional: whoever leaves one out and then needs it is told what to install.

/**
 * Loads what needs a driver.
 *
 * @param what needs it, for the message
 * @throws Error that says what to install, when an npm package is missing; the loading's own error otherwise
 * @example const { createRedisStore } = await withDriver('server.store.redis', () => import('../store/redis.ts'))
 */
export async function withDriver<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [, missing] = /^Cannot find package '([^']+)'/.exec(message ?? '') ?? []
    if (code !== 'ERR_MODULE_NOT_FOUND' || missing === undefined) throw error
    throw new Error(
      `${what} needs the npm package ${missing}, which is not installed; run npm install ${missing}`,
    )
  }
}
