// What is wrong with a realm as it is written, before anybody asks there.
import { isIP } from 'node:net'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import { addressOf, hostOf, isLoopback, isPrivate, isUnspecified, withoutUser } from './names.ts'

/** A realm, and what was found of it. */
export interface JudgedRealm {
  readonly findings: readonly Finding[]
  /** Undefined for one where nobody can ask. */
  readonly realm?: URL
}

/**
 * @param text the challenge's `realm`
 * @param registry the registry's URL
 * @param service the challenge's `service`
 */
export function judgeRealm(text: string, registry: URL, service: string): JudgedRealm {
  // Trimmed here, it would not be so by clients.
  if (!URL.canParse(text) || !/^https?:\/\/\S+$/i.test(text) || /@/.test(new URL(text).href.split('/')[2]!)) {
    return {
      findings: [
        wrong(
          'realm-url',
          text === ''
            ? 'the registry names no realm'
            : `the realm ${JSON.stringify(withoutUser(text))} is no URL that clients take`,
          'clients have no place to get a token from',
          "write a whole URL in the registry's auth.token.realm: https://HOST/auth (zot: http.auth.bearer.realm)",
        ),
      ],
    }
  }
  const realm = new URL(text)
  const findings = [
    ...hostFaults(realm, registry),
    ...schemeFaults(realm, registry),
    ...emptyService(service),
  ]
  return {
    realm,
    findings:
      findings.length > 0 ? findings : [ok('realm-url', `the realm ${text} is one that clients take`)],
  }
}

function* hostFaults(realm: URL, registry: URL): Iterable<Finding> {
  const [host, of] = [hostOf(realm), hostOf(registry)]
  const write =
    "write the host name by which clients reach the token server in the registry's auth.token.realm"
  if (isUnspecified(host)) {
    yield wrong(
      'realm-host',
      `the realm's host ${host} is no place to go`,
      'it means "every address of this machine" to whoever listens, and nothing to clients',
      write,
    )
  } else if (isLoopback(host) && !isLoopback(of)) {
    yield wrong(
      'realm-host',
      `the realm ${realm.href} sends clients of ${of} to themselves`,
      'a realm is for clients: on another machine, or in a container, localhost is another place',
      write,
    )
  } else if (isIP(host) !== 0 && addressOf(realm) !== addressOf(registry)) {
    const refused = isPrivate(host) ? 'a private address' : 'an address'
    yield warning(
      'realm-address',
      `the realm ${realm.href} has ${refused} in the place of a name`,
      isPrivate(host)
        ? 'crane, ko, kaniko, cosign, flux and .NET refuse to go there; docker and podman do'
        : 'its certificate must be for the address, and every move of the server changes the registry',
      write,
    )
  } else if (isIP(host) === 0 && !host.includes('.') && host !== 'localhost') {
    yield warning(
      'realm-name',
      `the realm's host ${host} has no domain`,
      'such a name is known in one network only, as the services of a compose file are; clients outside do not find it',
      write,
    )
  }
}

function* schemeFaults(realm: URL, registry: URL): Iterable<Finding> {
  if (realm.protocol !== 'http:') return
  if (registry.protocol === 'https:') {
    yield wrong(
      'realm-http',
      `the realm ${realm.href} is http under a registry with https`,
      'crane and oras refuse it, and passwords cross the network in the clear',
      "write https:// in the registry's auth.token.realm, and give the server TLS (server.tls, or a proxy)",
    )
  } else if (!isLoopback(hostOf(realm))) {
    yield warning(
      'realm-http',
      `the realm ${realm.href} is plain http`,
      'passwords cross the network in the clear',
      "give the server TLS (server.tls, or a proxy), and write https:// in the registry's auth.token.realm",
    )
  }
}

function* emptyService(service: string): Iterable<Finding> {
  if (service !== '') return
  yield wrong(
    'service',
    'the registry names no service',
    'tokens are for the audience that it names; rules and token.services look at it',
    "write auth.token.service in the registry's configuration",
  )
}

/** Whether the registry makes the realm of the name that it is called by (auth.token.autoredirect of Distribution). */
export function isAutoRedirect(realm: URL, registry: URL): boolean {
  return (
    realm.protocol === 'https:' && realm.host === registry.host && /^\/auth\/token\/?$/.test(realm.pathname)
  )
}
