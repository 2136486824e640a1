// docker_auth's `ldap_auth` section becomes the options of the ldap plugin.
import { suggest } from '../../plugin.ts'
import type { Entry } from '../../yaml/yaml-file.ts'
import { Draft, draftList } from './draft.ts'
import { addressText, goAddress } from './go-address.ts'
import type { Given, Section } from './section.ts'

const KEYS = [
  'addr',
  'tls',
  'insecure_tls_skip_verify',
  'ca_certificate',
  'base',
  'filter',
  'bind_dn',
  'bind_password_file',
  'labels',
  'initial_bind_as_user',
]

const TLS_MODES = ['none', 'starttls', 'always']

/** @returns the ldap plugin's options; undefined when there is no server to ask, which has been reported */
export function translateLdapAuth(section: Section): Draft | undefined {
  section.warnUnknown([...KEYS, 'bind_password'])
  const native = new Draft(section.yaml, section.at.key)
  const reached = translateServer(section, native)
  translateBind(section, native)
  native.put('base', section.text('base')?.value ?? '', section.entry('base'))
  const filter = present(section.text('filter'))
  if (filter) native.take('filter', filter)
  else section.refuse('filter', 'is missing; write what finds an account, such as (uid=${account})')
  const labels = translateLabels(section)
  if (labels) native.put('labels', labels.value, section.entry('labels'))
  return reached && filter ? native : undefined
}

function present<T>(given: Given<T> | undefined): Given<T> | undefined {
  return given?.value === '' ? undefined : given
}

/** @returns whether there is a server */
function translateServer(section: Section, native: Draft): boolean {
  const server = readServer(section)
  const mode = tlsMode(section, server)
  if (!server || mode === undefined) return false

  const url = `${mode === 'always' ? 'ldaps' : 'ldap'}://${server.address}`
  const { entry } = server
  native.put('servers', draftList(section.yaml, entry.value, [{ value: url, entry }]), entry)
  if (mode === 'starttls') native.put('starttls', true, section.entry('tls'))
  if (mode === 'none') {
    // What is said here is not said again of the server.
    native.put('starttls', false, section.entry('tls'))
    section.warn('tls', 'is none, so that passwords cross the network unencrypted; write always or starttls')
  }
  const tls = new Draft(section.yaml, section.at.key)
  const insecure = section.flag('insecure_tls_skip_verify')
  const ca = present(section.text('ca_certificate'))
  if (insecure?.value) {
    tls.put('insecure_skip_verify', true, insecure.entry)
    section.warn(
      'insecure_tls_skip_verify',
      'takes any certificate, so that whoever is in between reads the passwords; name ca_certificate instead',
    )
  } else {
    // docker_auth does not read the file when it verifies nothing.
    tls.take('ca', ca)
  }
  native.put('tls', tls.value, section.at)
  return true
}

/** The server that is asked. */
interface Server {
  /** HOST or HOST:PORT. */
  readonly address: string
  /** What the scheme of a URL says. */
  readonly encrypted?: boolean
  readonly entry: Entry
}

const NO_ADDRESS = 'is no address; write HOST:PORT of the LDAP server, such as dc1.example.com:389'

/** docker_auth can't ask a URL, whose meaning is plain. */
function readServer(section: Section): Server | undefined {
  const addr = present(section.text('addr'))
  if (!addr) {
    section.refuse('addr', 'is missing; write HOST:PORT of the LDAP server')
    return undefined
  }
  const { entry } = addr
  const [, scheme, rest = ''] = /^(?:(ldaps?):\/\/)?(.*)$/is.exec(addr.value.trim()) ?? []
  const text = scheme === undefined ? rest : rest.replace(/\/$/, '')
  const address = /^[^:[\]]+$/.test(text) ? text : addressOf(text)
  if (address === undefined || !URL.canParse(`ldap://${address}`) || /[/?#@,\s]/.test(address)) {
    const several = /[,;\s]/.test(text) ? '; for several servers, write the native form' : ''
    section.refuse('addr', `${NO_ADDRESS}${several}`)
    return undefined
  }
  if (scheme === undefined) return { address, entry }
  const encrypted = scheme.toLowerCase() === 'ldaps'
  const plain = /:\d+$/.test(address) ? address : `${address}:${encrypted ? 636 : 389}`
  const mode = encrypted ? ', and tls: always' : ''
  section.warn('addr', `is a URL, which docker_auth can not ask; write ${plain}${mode}`)
  return { address: plain, encrypted, entry }
}

function addressOf(text: string): string | undefined {
  const address = goAddress(text)
  return address && address.port > 0
    ? addressText({ ...address, host: address.host || 'localhost' })
    : undefined
}

/** As docker_auth: empty is none, but for the port of LDAP over TLS. */
function tlsMode(section: Section, server: Server | undefined): string | undefined {
  if (section.refused('tls')) return undefined
  const given = present(section.text('tls'))
  const encrypted = server?.encrypted || server?.address.endsWith(':636')
  const mode = given?.value ?? (encrypted ? 'always' : 'none')
  if (!TLS_MODES.includes(mode)) {
    section.refuse('tls', `is none of ${TLS_MODES.join(', ')}; ${tlsHint(mode, encrypted)}`)
    return undefined
  }
  if (server?.encrypted && mode !== 'always') {
    section.refuse('tls', `is ${mode}, but addr begins with ldaps://; write always, or HOST:PORT as addr`)
    return undefined
  }
  return mode
}

/** Words for an encrypted connection, and for one that is not. */
const ON = ['true', 'yes', 'on', 'y', '1', 'tls', 'ssl', 'ldaps', 'ldap+tls', 'enabled', 'required']
const OFF = ['false', 'no', 'off', 'n', '0', 'never', 'disabled', 'plain', 'ldap']

function tlsHint(mode: string, encrypted: boolean | undefined): string {
  const word = mode.toLowerCase()
  if (OFF.includes(word)) return 'write none for a connection without TLS'
  if (!ON.includes(word)) return suggest(mode, TLS_MODES)
  return encrypted
    ? 'write always for LDAP over TLS'
    : 'write starttls for port 389, or always for a port of LDAP over TLS, such as 636'
}

function translateBind(section: Section, native: Draft): void {
  const asUser = section.flag('initial_bind_as_user')
  const dn = present(section.text('bind_dn'))
  const file = present(section.text('bind_password_file'))
  const written = section.has('bind_password')
  if (asUser?.value) {
    native.take('bind_dn', dn)
    native.take('initial_bind_as_user', asUser)
    if (file)
      section.warn('bind_password_file', "is not read, since users' own passwords are used; remove it")
    if (written) section.warn('bind_password', "is not used, since users' own passwords are; remove it")
  } else if (dn && !file) {
    // Without bind_dn: that it has no password has been said then.
    if (written) section.refuseKey('bind_password', NO_PASSWORD_HERE)
    else
      section.refuse(
        'bind_password_file',
        'is missing beside bind_dn, so that no login could succeed; name it',
      )
  } else if (file && !dn) {
    section.warn('bind_password_file', 'is not read, since there is no bind_dn; remove it, or write bind_dn')
  } else {
    native.take('bind_dn', dn)
    native.take('bind_password_file', file)
    if (written) section.warn('bind_password', 'is not used, as in docker_auth; remove it')
  }
}

const NO_PASSWORD_HERE =
  'is no key of docker_auth, so that no login could succeed; write the password into a file, and its path as bind_password_file'

function translateLabels(section: Section): Draft | undefined {
  const labels = section.section('labels')
  if (!labels) return undefined
  const native = new Draft(labels.yaml, labels.at.value)
  for (const name of labels.keys) {
    const label = labels.section(name)
    const attribute = label && present(label.text('attribute'))
    label?.warnUnknown(['attribute', 'parse_cn', 'lower_case'])
    if (!attribute) {
      if (!labels.refused(name)) {
        labels.refuse(name, 'has no attribute, so that no login could succeed; write attribute: NAME')
      }
      continue
    }
    const rule = new Draft(labels.yaml, label.at.key)
      .take('attribute', attribute)
      .take('parse_cn', label.flag('parse_cn'))
      .take('lower_case', label.flag('lower_case'))
    native.put(name, rule.value, label.at)
  }
  return native
}
