// What can be understood of a request that is refused, for its audit line: who claimed what is asked for just there.
import type { IncomingMessage } from 'node:http'
import { faultOfAccount, MAX_ACCOUNT } from '../contract/account.ts'
import type { Client, Credentials, ResourceRequest } from '../plugin.ts'
import { parameterText } from './asked.ts'
import { readBasic } from './basic.ts'
import { type OwnTokenCredentials, readCredentials } from './credentials.ts'
import { quote } from './errors.ts'
import { exchangeForm } from './exchange.ts'
import type { Read } from './parse.ts'
import { parseScope } from './scope.ts'

/** How many scopes of a refused request are shown. */
const MOST_SHOWN = 100

/** What was understood; of a whole request all is there. */
export interface Understood {
  readonly service?: string | undefined
  readonly scopes?: readonly ResourceRequest[]
  readonly client?: Pick<Client, 'id' | 'certificate'>
  readonly credentials?: {
    readonly kind?: (Credentials | OwnTokenCredentials)['kind']
    readonly account: string
  }
}

/**
 * Reads each part by itself, and leaves out what is malformed: the reason says it. Never a secret, and nothing of a request whose
 * line or headers were refused: others may read another account in them.
 */
export function understand({ headers }: IncomingMessage, { query, form }: Read): Understood {
  if (!query) return {}
  const given = (name: string) => [...(form?.getAll(name) ?? []), ...query.getAll(name)]
  const text = (name: string) => attempt(() => parameterText(name, given(name)[0] ?? '')) || undefined
  const authorization = headers.authorization ?? ''
  return {
    service: (exchangeForm(form) && text('audience')) ?? text('service'),
    scopes: given('scope')
      .flatMap((value) => value.split(' ', MOST_SHOWN))
      .slice(0, MOST_SHOWN)
      .flatMap((scope) => attempt(() => parseScope(scope)) ?? []),
    client: { id: text('client_id') },
    credentials: attempt(() => readCredentials(authorization, form, text('account') ?? '')) ?? {
      account: printable(form?.get('username') || attempt(() => readBasic(authorization))?.name || ''),
    },
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A name that no account can have, without what could change how the log looks. */
function printable(name: string): string {
  const short = name.slice(0, MAX_ACCOUNT)
  return faultOfAccount(short) === undefined ? short : quote(short).slice(1, -1)
}
