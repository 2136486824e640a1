// Opens the keys of an issuer: over the network, or in a file.
import { type Host, isPrivate } from '../../core/plugin.ts'
import { parseKeySet } from './key-set.ts'
import { createKeys, type Keys } from './keys.ts'
import type { IssuerOptions, Options } from './options.ts'
import { fileSource, remoteSource } from './source.ts'

/** A set of keys is one small answer now and then. */
const CONNECTIONS = 2

/** @throws Error when a file that the options name can't be used */
export async function openKeys(options: IssuerOptions, shared: Options, host: Host): Promise<Keys> {
  const { jwks_file } = options
  return jwks_file === undefined
    ? fromNetwork(options, shared, host)
    : await fromFile(jwks_file, options, shared, host)
}

function fromNetwork(options: IssuerOptions, shared: Options, { http, files, clock, log }: Host): Keys {
  const { issuer, jwks_url: jwksUrl, token_file: tokenFile, tls } = options
  const { refresh_every, cool_down, stale_for, retries } = shared
  const asked = jwksUrl ?? issuer
  if (!isPrivate(new URL(asked))) {
    log.warn({ issuer }, `the keys of ${issuer} are read without TLS: who is on the way can sign as anybody`)
  }
  if (tokenFile !== undefined) files.read(tokenFile)
  const client = http.open({
    retries,
    connections: CONNECTIONS,
    proxy: 'env',
    origins: [asked],
    ...(tls && { tls }),
  })
  const keys = createKeys({
    issuer,
    source: remoteSource({ issuer, jwksUrl, tokenFile }, client, files),
    refreshEvery: refresh_every,
    coolDown: cool_down,
    staleFor: stale_for,
    clock,
    log,
  })
  return {
    ...keys,
    async close() {
      await keys.close()
      await client.close()
    },
  }
}

async function fromFile(
  file: string,
  { issuer }: IssuerOptions,
  { cool_down }: Options,
  { files, clock, log }: Host,
): Promise<Keys> {
  const path = files.resolve(file)
  const source = fileSource(path, files)
  // A file that is of no use is a fault of the configuration; later on it is one of whoever writes it.
  await parseKeySet(files.read(path), path)
  const keys = createKeys({
    issuer,
    source,
    refreshEvery: undefined,
    coolDown: cool_down,
    staleFor: Number.POSITIVE_INFINITY,
    clock,
    log,
  })
  const watch = files.watch(
    { name: `the keys of ${issuer}`, paths: async () => [path], reload: () => keys.read() },
    log,
  )
  return {
    ...keys,
    async close() {
      await watch.stop()
      await keys.close()
    },
  }
}
