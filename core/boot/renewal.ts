// Keeps a running server's keys and certificates fresh: read again when their files change, and warned of before they end.

import { join } from 'node:path'
import type { Log } from '../contract/index.ts'
import { signingFiles, TLS_FILES } from '../token/state-keys.ts'
import type { Config } from './config.ts'
import type { Services } from './container.ts'
import { type Watched, watchFiles } from './file-watch.ts'
import type { Listener } from './listener.ts'
import { loadKeys, loadTls } from './server-keys.ts'

const DAY = 86_400_000

/**
 * Begins to watch the files of the signing keys and of the TLS certificate.
 *
 * @param interval how often they are looked at, in milliseconds
 */
export function keepFresh(
  config: Config,
  { host, ring, ...services }: Pick<Services, 'host' | 'ring' | 'keys' | 'tls'>,
  listener: Listener,
  log: Log,
  interval: number,
): { stop(): void } {
  let { keys, tls } = services
  const watched: Watched[] = [
    {
      name: 'the signing keys',
      paths: () => keyPaths(config, host),
      async reload() {
        keys = await loadKeys(config, host)
        ring.replace(keys.plan)
        const { kid, notAfter } = ring.current!
        log.info({ kid, notAfter, published: ring.keySet().keys.length }, 'signing keys read again')
      },
    },
  ]
  if (tls) {
    watched.push({
      name: 'the TLS certificate',
      paths: async () => tlsPaths(config, host),
      async reload() {
        tls = (await loadTls(config, host))!
        listener.renew(tls.options)
        log.info({}, 'TLS certificate read again: new connections get it')
      },
    })
  }
  const watch = watchFiles(watched, log, interval)
  const daily = setInterval(() => {
    const now = host.clock.now()
    for (const warning of [...keys.warnings(now), ...(tls?.warnings(now) ?? [])]) log.warn({}, warning)
  }, DAY)
  daily.unref()
  return {
    stop() {
      watch.stop()
      clearInterval(daily)
    },
  }
}

async function keyPaths({ token, stateDir }: Config, { files }: Services['host']): Promise<string[]> {
  if (!token.keys) return await signingFiles(stateDir)
  return token.keys.flatMap(({ certificate, key }) =>
    [certificate, key].flatMap((path) => (path === undefined ? [] : files.resolve(path))),
  )
}

function tlsPaths({ server: { tls }, stateDir }: Config, { files }: Services['host']): string[] {
  if (tls === undefined) return []
  if (tls === 'auto') return TLS_FILES.map((name) => join(stateDir, name))
  return [files.resolve(tls.certificate), files.resolve(tls.key)]
}
