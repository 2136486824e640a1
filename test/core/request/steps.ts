// What the tests of single steps are made of: plugin instances, requests and their contexts, without a server.
import type { DependencyContainer } from 'tsyringe'
import {
  type AuthnOutcome,
  accept,
  type Credentials,
  type PluginKind,
  type PluginKinds,
  pass,
  type ResourceRequest,
  reject,
  Secret,
} from '../../../core/plugin.ts'
import { RequestContext } from '../../../core/request/context.ts'
import { RequestError } from '../../../core/request/errors.ts'
import type { Instance } from '../../../core/request/instance.ts'
import type { TokenRequest } from '../../../core/request/parse.ts'
import { PASSWORDS } from '../../../core/services/passwords.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { alone, processContainer } from '../../support/process-container.ts'

export type KeptInstance<K extends PluginKind> = Instance<K> & { readonly log: ReturnType<typeof keptLog> }

/** A plugin of the name `test` at work, whose log is kept. */
export function instanceOf<K extends PluginKind>(
  kind: K,
  id: string,
  implementation: PluginKinds[K],
  more: Partial<Instance<K>> = {},
): KeptInstance<K> {
  const usual = {
    plugin: 'test',
    anonymous: false,
    exchange: false,
    timeout: 5_000,
    onError: 'fail',
  } as const
  return { kind, id, ...usual, ...alone(), ...more, implementation, log: keptLog() } as KeptInstance<K>
}

/** What a scripted authenticator does. */
export type Script = 'accept' | 'reject' | 'pass' | 'throw'

/** @param asked learns the id at each call */
export function scripted(id: string, script: Script, asked: string[], more: object = {}) {
  const answers: Record<Exclude<Script, 'throw'>, AuthnOutcome> = {
    accept: accept({ labels: { by: [id] } }),
    reject: reject(`${id} says no`),
    pass,
  }
  const authenticate = async () => {
    asked.push(id)
    if (script === 'throw') throw new Error('backend down')
    return answers[script]
  }
  return instanceOf('authenticator', id, { authenticate }, more)
}

export const PASSWORD: Credentials = Object.freeze({
  kind: 'password',
  account: 'alice',
  password: new Secret('correct horse'),
})
export const ANONYMOUS: Credentials = { kind: 'anonymous', account: '', password: new Secret('') }
export const SUBJECT_TOKEN: Credentials = { kind: 'token', account: '', password: new Secret('ey.a.b') }

export function requestOf(more: Partial<TokenRequest> = {}): TokenRequest {
  const client = { ip: '192.0.2.1', id: 'docker' }
  return { credentials: PASSWORD, service: 'registry', scopes: [], client, offline: false, ...more }
}

/** @param text as a client writes it: `repository:a/b:pull,push` */
export function resourceOf(text: string): ResourceRequest {
  const [type = '', name = '', actions = ''] = text.split(':')
  return Object.freeze({
    type,
    name,
    actions: Object.freeze(actions.split(',').filter((action) => action !== '')),
  })
}

/** A process container in which hashes that are spent for nobody are counted. */
export function servicesOf(): { services: DependencyContainer; spent: string[] } {
  const services = processContainer()
  const spent: string[] = []
  services.registerInstance(PASSWORDS, {
    async verify(hash: string | undefined, password: Secret) {
      spent.push(`${hash} ${password.reveal()}`)
      return false
    },
  } as never)
  return { services, spent }
}

export function contextOf(request = requestOf(), services = servicesOf().services): RequestContext {
  return new RequestContext(services, 'id-1', request)
}

/** What a step throws, as far as a client or the log can see it. */
export async function failureOf(step: Promise<unknown>): Promise<RequestError> {
  try {
    await step
  } catch (error) {
    if (error instanceof RequestError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The message of what is behind an error, which is for the log. */
export function causeOf({ cause }: Error): string {
  return (cause as Error).message
}
