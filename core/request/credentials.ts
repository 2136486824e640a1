// Who does the client say it is, and with which proof? Basic (token.md), a form (oauth.md, RFC 8693), or nothing: anonymous.
import { faultOfAccount, MAX_ACCOUNT, TOKEN_USER } from '../contract/account.ts'
import { type Credentials, Secret } from '../plugin.ts'
import { readSecretToken, type SecretToken } from '../token/secret-token.ts'
import { readBasic } from './basic.ts'
import { malformed, quote, RequestError, unauthorized } from './errors.ts'
import { EXCHANGED, exchangeForm, readExchange, SINGLE_IN_EXCHANGE, TOKEN_EXCHANGE } from './exchange.ts'
import { isForm, shownIn } from './shown.ts'

/** A token of ours in the place of a password: never shown to an authenticator. */
export interface OwnTokenCredentials {
  readonly kind: 'refresh' | 'personal'
  /** Whose it must be; empty = whosever it is. */
  readonly account: string
  /** Undefined for a text that is no token of ours. */
  readonly token: SecretToken | undefined
  /** 400 for a bad refresh token in a form, as RFC 6749 has it. */
  readonly refusal: 400 | 401
}

/** The credentials of who shows nothing. */
export const NOBODY: Credentials = Object.freeze({
  kind: 'anonymous',
  account: '',
  password: new Secret(''),
})
/** Parameters that may not be repeated (RFC 6749, 3.2); of others, the first one counts. */
const SINGLE_FIELDS = ['grant_type', 'username', 'password', 'refresh_token', ...SINGLE_IN_EXCHANGE]
const GRANTS: ReadonlySet<string> = new Set(['', 'password', 'refresh_token', TOKEN_EXCHANGE])
/** What shows who somebody is, and the grant that it belongs to: one proof a request. */
const PROOFS: ReadonlyMap<string, string> = new Map([
  ['username', 'password'],
  ['password', 'password'],
  ['refresh_token', 'refresh_token'],
  ...EXCHANGED.map((name) => [name, TOKEN_EXCHANGE] as const),
])

/**
 * @param form undefined for a GET
 * @param account the `account` parameter: repeats the user name
 * @throws RequestError when it can't be understood
 */
export function readCredentials(
  authorization: string,
  form: URLSearchParams | undefined,
  account: string,
): Credentials | OwnTokenCredentials {
  const credentials = credentialsOf(authorization, form)
  if (credentials.kind === 'anonymous' && form) assertNothingShown(form)
  // Without credentials it is ignored.
  if (account === '' || credentials.kind === 'anonymous') return credentials
  if (credentials.kind === 'refresh') {
    return account === TOKEN_USER || credentials.account !== '' ? credentials : { ...credentials, account }
  }
  if (credentials.kind === 'token') {
    throw malformed('account has no place in a token exchange: the subject_token says who it is')
  }
  if (account !== credentials.account) {
    throw malformed('account is not the user name of the credentials; leave it out or make them equal')
  }
  return credentials
}

function credentialsOf(
  authorization: string,
  form: URLSearchParams | undefined,
): Credentials | OwnTokenCredentials {
  if (!form) return authorization === '' ? NOBODY : parseBasic(authorization)
  const grantType = form.get('grant_type') ?? ''
  for (const name of SINGLE_FIELDS) {
    if (form.getAll(name).length > 1) throw malformed(`${name} stands more than once in the form`)
  }
  if (!GRANTS.has(grantType)) {
    const message = `grant_type ${quote(grantType)} is not supported; use password, refresh_token or ${TOKEN_EXCHANGE}`
    throw new RequestError(400, 'UNSUPPORTED', 'unsupported_grant_type', message)
  }
  // As docker_auth: a form without grant_type is a password grant when it holds name and password.
  for (const [name, grant] of PROOFS) {
    if (form.get(name) && grant !== (grantType || 'password'))
      throw malformed(`${name} needs grant_type=${grant}`)
  }
  if (grantType === 'refresh_token') return refreshGrant(form.get('refresh_token') ?? '')
  const exchange = exchangeForm(form)
  if (exchange) return readExchange(exchange)
  if (authorization !== '' && !namesUser(form)) return parseBasic(authorization)
  const account = form.get('username') ?? ''
  const password = form.get('password') ?? ''
  const named = account !== '' || (grantType === 'password' && form.has('username'))
  if (named && password !== '') return credentialsFor(account, password, 400)
  // One alone is no anonymous client: it meant to be somebody.
  if (grantType === 'password' || account !== '' || password !== '') {
    throw malformed('a password grant needs both username and password')
  }
  return NOBODY
}

/**
 * Whether a form says who the user is. A Basic header beside it is then the OAuth client's; beside any other form, the user's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2
 */
export function namesUser(form: URLSearchParams): boolean {
  return [...PROOFS.keys()].some((name) => form.get(name))
}

/** @throws RequestError 400 for a form of nobody that shows who somebody is, under a name that no grant reads, or is no form */
function assertNothingShown(form: URLSearchParams): void {
  const shown = shownIn(new URLSearchParams([...form].filter(([, value]) => value !== '')))
  if (shown !== undefined)
    throw malformed(`the form has ${shown}, which no grant reads; send username and password`)
  if (!isForm(form))
    throw malformed('the body is no form, though it says so; send username=NAME&password=TEXT')
}

function refreshGrant(text: string): OwnTokenCredentials {
  if (text === '') throw malformed('a refresh_token grant needs refresh_token')
  return refresh(text, 400)
}

/**
 * Reads the header of a user.
 *
 * @throws RequestError 401
 */
export function parseBasic(header: string): Credentials | OwnTokenCredentials {
  const basic = readBasic(header)
  return basic ? credentialsFor(basic.name, basic.password, 401) : NOBODY
}

function credentialsFor(
  account: string,
  password: string,
  refusal: OwnTokenCredentials['refusal'],
): Credentials | OwnTokenCredentials {
  if (account === '' || account === TOKEN_USER) return refresh(password, refusal)
  assertUserName(account)
  if (password.includes('\ufffd')) throw unauthorized('the password is not valid UTF-8')
  const secret = new Secret(password)
  const token = readSecretToken(secret)
  // A refresh token among them is no password, but it must not reach another's backend either.
  if (token) return { kind: 'personal', account, token, refusal: 401 }
  return { kind: 'password', account, password: secret }
}

/** @throws RequestError 401 for a name that neither an account nor a client can have */
export function assertUserName(name: string): void {
  // A slip of the pen, which would end up in the log.
  if (readSecretToken(new Secret(name)))
    throw unauthorized('the user name is a token; write it as the password')
  if (name.length > MAX_ACCOUNT) throw unauthorized(`the user name has more than ${MAX_ACCOUNT} characters`)
  const fault = faultOfAccount(name)
  if (fault) throw unauthorized(`the user name ${fault}, which no account can have`)
}

function refresh(text: string, refusal: OwnTokenCredentials['refusal']): OwnTokenCredentials {
  return { kind: 'refresh', account: '', token: readSecretToken(new Secret(text)), refusal }
}
