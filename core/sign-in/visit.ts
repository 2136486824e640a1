// One visit of a sign-in's page, and what all pages do with one.
import type { Context } from 'koa'
import type { DependencyContainer } from 'tsyringe'
import type { RequestScope } from '../plugin.ts'
import type { ClientAddress } from '../request/client-address.ts'
import { RequestContext } from '../request/context.ts'
import { counted } from '../request/counted-call.ts'
import { unavailable } from '../request/errors.ts'
import { logFault } from '../request/instance.ts'
import { anonymousRequest, type RequestLimits } from '../request/parse.ts'
import type { Stage } from '../request/shared.ts'
import type { Address } from './address.ts'
import { PAGE_HEADERS } from './pages.ts'
import type { SignInPoint } from './point.ts'

/** States of sign-ins that have come back: each is good once. */
export interface SpentStates {
  /** @returns whether this is its first time */
  spend(state: string): boolean | Promise<boolean>
}

/** What the pages work with. */
export interface SignInServices {
  readonly issuer: string
  /** As it stands in URLs. */
  readonly pathPrefix: string
  readonly points: readonly SignInPoint[]
  /** The process container. */
  readonly container: DependencyContainer
  readonly clientAddress: ClientAddress
  readonly limits: Pick<RequestLimits, 'body'>
  readonly spent: SpentStates
}

export interface Visit {
  readonly context: Context
  readonly point: SignInPoint
  readonly address: Address
  readonly services: SignInServices
  ip?: string | undefined
  /** What the provider said, for the audit line. */
  readonly asked: string[]
  /** Who it turns out to be, for the audit line. */
  account?: string
  /** The id of the password that it is about, for the audit line. */
  token?: string
  /** Made when first needed, by `requestContext`. */
  own?: RequestContext
}

/** Answers with a page. */
export function show(context: Context, status: number, page: string): void {
  context.set(PAGE_HEADERS)
  context.status = status
  context.body = page
}

/** Calls the plugin within its time. @throws RequestError 503 when the provider can't be asked */
export async function askProvider<T>(
  visit: Visit,
  ask: (scope: RequestScope) => Promise<T>,
  stage?: Stage,
): Promise<T> {
  const { instance } = visit.point
  const own = requestContext(visit)
  try {
    return await counted(instance, own, 'sign_in', () => own.call(instance, ask, stage), outcomeOf)
  } catch (error) {
    own.assertWanted()
    visit.asked.push(`${instance.id}: unavailable`)
    logFault(instance, own.id, error, 'the provider could not be asked')
    throw unavailable(error)
  }
}

/** Some questions have an outcome. */
function outcomeOf(answer: unknown): 'accept' | 'reject' | 'answered' {
  const { outcome } = (answer ?? {}) as { readonly outcome?: unknown }
  return outcome === 'accept' || outcome === 'reject' ? outcome : 'answered'
}

/** What the plugin's calls for a visit have in common: their time, and their end when the browser goes away. */
export function requestContext(visit: Visit): RequestContext {
  const { context, services, ip } = visit
  visit.own ??= new RequestContext(services.container, context.state.id, anonymousRequest('browser', ip))
  return visit.own
}
