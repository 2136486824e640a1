// docker_auth's `ldap_auth` section becomes the options of the ldap plugin.
import { suggest } from '../../plugin.ts'
import { Draft, draftList } from './draft.ts'
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
  section.warnUnknown(KEYS)
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
  const addr = present(section.text('addr'))
  if (!addr) section.refuse('addr', 'is missing; write HOST:PORT of the LDAP server')
  const mode = tlsMode(section, addr?.value ?? '')
  if (!addr || mode === undefined) return false

  const url = { value: `${mode === 'always' ? 'ldaps' : 'ldap'}://${addr.value}`, entry: addr.entry }
  native.put('servers', draftList(section.yaml, addr.entry.value, [url]), addr.entry)
  if (mode === 'starttls') native.put('starttls', true, section.entry('tls'))
  if (mode === 'none') {
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

/** As docker_auth: empty is none, but for the port of LDAP over TLS. */
function tlsMode(section: Section, addr: string): string | undefined {
  if (section.refused('tls')) return undefined
  const given = present(section.text('tls'))
  const mode = given?.value ?? (addr.endsWith(':636') ? 'always' : 'none')
  if (TLS_MODES.includes(mode)) return mode
  section.refuse('tls', `is none of ${TLS_MODES.join(', ')}; ${suggest(mode, TLS_MODES)}`)
  return undefined
}

function translateBind(section: Section, native: Draft): void {
  const asUser = section.flag('initial_bind_as_user')
  const dn = present(section.text('bind_dn'))
  const file = present(section.text('bind_password_file'))
  native.take('bind_dn', dn)
  if (asUser?.value) {
    native.take('initial_bind_as_user', asUser)
    if (file)
      section.warn('bind_password_file', "is not read, since users' own passwords are used; remove it")
  } else if (dn && !file) {
    section.refuse('bind_password_file', 'is missing beside bind_dn, so that no login could succeed; name it')
  } else if (file && !dn) {
    section.warn('bind_password_file', 'is not read, since there is no bind_dn; remove it, or write bind_dn')
  } else {
    native.take('bind_password_file', file)
  }
}

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
