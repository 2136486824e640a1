// docker_auth's `server` section becomes the native one.
import { nativeSchema } from '../native/schema.ts'
import { Draft, draftList } from './draft.ts'
import { addressText, goAddress } from './go-address.ts'
import type { Given, Section } from './section.ts'
import { TLS_KEYS, translateTlsSettings } from './tls.ts'

/** The keys of `server` that docker_auth has and the native form has not. */
export const SERVER_KEYS: readonly string[] = [
  'addr',
  'net',
  'certificate',
  'key',
  ...TLS_KEYS,
  'letsencrypt',
  'real_ip_header',
  'real_ip_pos',
]

/** Keys of both forms, which are read in docker_auth's way. */
const SHARED_KEYS = ['path_prefix', 'hsts']
const NATIVE_KEYS = Object.keys(nativeSchema.shape.server.unwrap().shape).filter(
  (key) => !SHARED_KEYS.includes(key),
)

const OF_TOKEN = new Map(
  ['issuer', 'expiration', 'disable_legacy_key_id'].map((key) => [key, 'write it in token']),
)

/** A certificate and its private key, as paths. */
export interface Pair {
  readonly certificate: Given<string>
  readonly key: Given<string>
}

/** Half a pair, or none that can be read, is `refused`: that has been reported. */
export type PairState = Pair | 'refused' | undefined

/** @returns the native section, and the certificate that signs tokens when `token` names none */
export function translateServer(server: Section): { native: Draft; pair: PairState } {
  const native = new Draft(server.yaml, server.at.key)
  server.warnUnknown([...SERVER_KEYS, ...SHARED_KEYS, ...NATIVE_KEYS], '', OF_TOKEN)
  for (const key of NATIVE_KEYS) native.take(key, server.raw(key))
  refuseBoth(server, 'listen', ['addr', 'net'])
  refuseBoth(server, 'tls', ['certificate', 'key', ...TLS_KEYS])
  refuseBoth(server, 'client_ip', ['real_ip_header', 'real_ip_pos'])

  translateAddress(server, native)
  translatePrefix(server, native)
  native.take('hsts', server.flag('hsts'))
  const pair = certificatePair(server)
  translateTls(server, native, pair)
  translateRealIp(server, native)
  return { native, pair }
}

/** The paths of a certificate and its key, which a section names both or neither of. */
export function certificatePair(section: Section): PairState {
  const certificate = present(section.text('certificate'))
  const key = present(section.text('key'))
  if (certificate && key) return { certificate, key }
  if (certificate || key) {
    const [missing, other] = certificate ? ['key', 'certificate'] : ['certificate', 'key']
    section.refuse(missing!, `is missing beside ${other}; name both files or neither`)
  }
  return section.refused('certificate') || section.refused('key') ? 'refused' : undefined
}

export function isPair(pair: PairState): pair is Pair {
  return typeof pair === 'object'
}

/** Reports keys that say the same thing in the two forms. */
export function refuseBoth(section: Section, native: string, theirs: readonly string[]): void {
  const other = section.has(native) ? theirs.find((key) => section.has(key)) : undefined
  if (other)
    section.refuseKey(
      native,
      `stands beside ${other}, which is docker_auth's form of it; remove one of the two`,
    )
}

function present<T>(given: Given<T> | undefined): Given<T> | undefined {
  return given?.value === '' ? undefined : given
}

const NO_ADDRESS = 'is missing; write ":5001", "HOST:PORT", or a path beside net: unix'

function translateAddress(server: Section, native: Draft): void {
  const addr = present(server.text('addr'))
  const net = present(server.text('net'))
  if (net && net.value !== 'tcp' && net.value !== 'unix') server.refuse('net', 'must be tcp or unix')
  if (addr && net?.value === 'unix') native.put('listen', `unix:${addr.value}`, addr.entry)
  else if (addr) translateTcp(server, native, addr)
  else if (!server.has('listen')) server.refuse('addr', NO_ADDRESS)
}

function translateTcp(server: Section, native: Draft, { value, entry }: Given<string>): void {
  const address = goAddress(value)
  if (address) native.put('listen', addressText(address), entry)
  else {
    const socket = value.includes('/') ? ', or net: unix beside the path of a socket' : ''
    server.refuse(
      'addr',
      `${JSON.stringify(value)} is no address; write ":5001", "127.0.0.1:5001" or "[::1]:5001"${socket}`,
    )
  }
}

function translatePrefix(server: Section, native: Draft): void {
  const prefix = server.text('path_prefix')
  if (!prefix) return
  const value = prefix.value.replace(/\/+$/, '')
  if (value !== prefix.value) {
    server.warn(
      'path_prefix',
      `ends with /, so that docker_auth answers at ${prefix.value}/auth; here both that and ${value}/auth are answered: remove the /, and let the registries' realms name the latter`,
    )
  }
  native.put('path_prefix', value, prefix.entry)
}

function translateTls(server: Section, native: Draft, pair: PairState): void {
  const tls = new Draft(server.yaml, server.at.key)
  // Read without a certificate too: docker_auth does not start with a name it does not know.
  translateTlsSettings(server, tls)
  const letsencrypt = server.section('letsencrypt')
  letsencrypt?.warnUnknown(['email', 'cache_dir', 'host'])
  const email = present(letsencrypt?.text('email'))
  if (isPair(pair)) {
    tls.take('certificate', pair.certificate).take('key', pair.key)
    native.put('tls', tls.value, pair.certificate.entry)
    if (email) server.warn('letsencrypt', 'is not used, since certificate and key are given; remove it')
  } else if (letsencrypt && email) {
    const acme = translateLetsEncrypt(letsencrypt, email)
    if (acme) native.put('tls', tls.put('acme', acme.value, letsencrypt.at).value, letsencrypt.at)
  }
}

/** The native `acme`: the folder is the one of before, so that account and certificate are used on. */
function translateLetsEncrypt(letsencrypt: Section, email: Given<string>): Draft | undefined {
  const folder = present(letsencrypt.text('cache_dir'))
  const host = present(letsencrypt.text('host'))
  if (!folder) letsencrypt.refuse('cache_dir', 'is required; write the folder of the certificates')
  if (!host)
    letsencrypt.refuse(
      'host',
      'is required here; write the name by which clients reach this server, for which docker_auth waits until one asks for it',
    )
  if (!folder || !host) return undefined
  const acme = new Draft(letsencrypt.yaml, letsencrypt.at.key)
  acme.take('email', email).take('folder', folder)
  return acme.put('domains', draftList(letsencrypt.yaml, host.entry.value, [host]), host.entry)
}

function translateRealIp(server: Section, native: Draft): void {
  const header = present(server.text('real_ip_header'))
  const position = server.integer('real_ip_pos')
  if (!header) return
  server.warn(
    'real_ip_header',
    'trusts whoever connects to tell the client address; write client_ip: { header: NAME, trusted_proxies: [NETWORK] } instead',
  )
  const clientIp = new Draft(server.yaml, server.at.key).take('header', header)
  clientIp.put('position', position?.value ?? 0, position?.entry ?? header.entry)
  native.put('client_ip', clientIp.value, header.entry)
}
