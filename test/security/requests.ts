// Random requests for the fuzz test: from almost valid ones to mere bytes.
import fc from 'fast-check'

/** The first, and now and then the second. */
function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: odd, weight: 1 })
}

const TAME = [
  'repository',
  'alice',
  'bob',
  'constructor',
  '__proto__',
  'public',
  'team/app',
  'catalog',
  'localhost:5000/app',
  'žluť',
  '😀',
  '*',
  '/',
  '..',
  '.',
  '-',
  '+',
  '=',
  '%',
  '"',
  '\\',
  '${account}',
  '[a-',
  '(',
  '{',
]
const WILD = [
  '<token>',
  'repository(plugin)',
  ...[
    ':',
    ',',
    ' ',
    '&',
    ';',
    '%00',
    '%ff',
    '%zz',
    '\0',
    '\n',
    '\r\n',
    '\t',
    '\x7f',
    '\u2028',
    '\u202e',
    '\ufffd',
  ],
  'x'.repeat(300),
]

const tame = fc
  .array(fc.constantFrom(...TAME), { minLength: 1, maxLength: 3 })
  .map((pieces) => pieces.join(''))
const wild = fc
  .array(fc.oneof(fc.constantFrom(...TAME, ...WILD), fc.string({ unit: 'binary', maxLength: 8 })), {
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''))
const text = mostly(tame, wild)

const type = mostly(fc.constantFrom('repository', 'registry', 'x1', 'repository(plugin)'), wild)
const actions = fc.constantFrom('pull', 'push,pull', '*', '', ',,', 'a,b,c')
const scope = mostly(
  fc.tuple(type, text, actions).map((parts) => parts.join(':')),
  wild,
)

/** Tokens with a right checksum that nobody got, and others. */
const token = fc.oneof(
  fc.constantFrom(`dwr_${'0'.repeat(43)}0JdpVn`, `dwp_${'0'.repeat(43)}2aAb5q`, `dwr_${'0'.repeat(49)}`),
  text,
)

const value: Record<string, fc.Arbitrary<string>> = {
  scope,
  service: text,
  client_id: text,
  offline_token: fc.constantFrom('true', 'false', ''),
}
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const formValue: typeof value = {
  ...value,
  account: fc.oneof(fc.constantFrom('alice', 'bob', ''), text),
  grant_type: fc.oneof(fc.constantFrom('password', 'refresh_token', EXCHANGE, ''), text),
  username: fc.oneof(fc.constantFrom('alice', 'bob', '<token>', ''), text),
  password: fc.oneof(fc.constantFrom('wrong', ''), token),
  refresh_token: token,
  subject_token: token,
  subject_token_type: fc.constantFrom('urn:ietf:params:oauth:token-type:jwt', ''),
  audience: text,
  access_type: fc.constantFrom('offline', 'online', ''),
}
const field = (of: typeof value) =>
  fc.constantFrom(...Object.keys(of)).chain((name) => fc.tuple(fc.constant(name), of[name]!))
const half = (full: string) => full.replace(/%2[0-9A-F]|%3[0-9A-F]/g, decodeURIComponent)
const encoding = mostly(fc.constant('whole'), fc.constantFrom('half', 'none'))
const fields = fc
  .tuple(
    fc.oneof(fc.array(field(value), { maxLength: 6 }), fc.array(field(formValue), { maxLength: 4 })),
    encoding,
  )
  .map(([pairs, how]) => {
    if (how === 'none') return pairs.map(([name, held]) => `${name}=${held}`).join('&')
    const encoded = new URLSearchParams(pairs).toString()
    return how === 'whole' ? encoded : half(encoded)
  })

const path = mostly(
  fc.constantFrom('/auth', '/token', '/auth/token'),
  fc.oneof(
    fc.constantFrom(
      '/',
      '/healthz',
      '/.well-known/jwks.json',
      '*',
      '//auth',
      'http://x/auth',
      'http://[x/auth',
    ),
    fc.constantFrom('/auth%', '', '/auth/', '/AUTH', '/auth#x'),
    text,
  ),
)
const target = fc.tuple(path, fields).map(([place, query]) => (query === '' ? place : `${place}?${query}`))

const credentials = fc.oneof(
  fc.tuple(text, token).map(([name, password]) => `${name}:${password}`),
  fc.constantFrom('alice:wrong', 'bob:any', 'bob:', 'alice', ':x', '<token>:x', ''),
)
const authorization = fc.oneof(
  fc.constant(''),
  fc
    .tuple(
      mostly(fc.constantFrom('Basic ', 'basic  '), fc.constantFrom('Basic', 'Bearer ', '')),
      credentials,
      mostly(fc.constant('base64'), fc.constant('utf8')),
    )
    .map(
      ([scheme, held, encoding]) =>
        `Authorization: ${scheme}${Buffer.from(held).toString(encoding as 'utf8')}\r\n`,
    ),
)

const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw).toString('latin1'))
const body = mostly(fields, bytes).map((held) => Buffer.from(held).toString('latin1'))
const framed = fc
  .tuple(
    body,
    mostly(fc.constantFrom('length', 'chunked'), fc.constantFrom('long', 'short', 'chunked badly')),
  )
  .map(([held, framing]) => {
    if (framing === 'chunked badly') return `Transfer-Encoding: chunked\r\n\r\n${held}`
    if (framing === 'chunked') {
      const chunk = held === '' ? '' : `${held.length.toString(16)}\r\n${held}\r\n`
      return `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
    }
    const length = held.length + (framing === 'long' ? 5 : framing === 'short' ? -5 : 0)
    return `Content-Length: ${length}\r\n\r\n${held}`
  })
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
const bodies: Record<string, fc.Arbitrary<string>> = {
  GET: mostly(fc.constant('\r\n'), framed),
  POST: mostly(
    framed.map((held) => FORM + held),
    fc.oneof(framed, fc.constant('\r\n')),
  ),
}

const request = mostly(
  fc.constantFrom('GET', 'POST'),
  fc.constantFrom('PUT', 'OPTIONS', 'PROPFIND', 'BREW'),
).chain((method) =>
  fc
    .tuple(target, authorization, bodies[method] ?? framed)
    // What is not in a URL as such is sent as bytes: the server sees the UTF-8 of it.
    .map(([url, held, rest]) => {
      const head = `${method} ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${held}`
      return Buffer.from(head).toString('latin1') + rest
    }),
)

const change = fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: 'binary-ascii', maxLength: 3 }))

/** A request with some bytes changed, left out or added. */
const mutated = fc.tuple(request, fc.array(change, { minLength: 1, maxLength: 4 })).map(([whole, changes]) =>
  changes.reduce((held, [at, cut, put]) => {
    const place = at % (held.length + 1)
    return held.slice(0, place) + put + held.slice(place + cut)
  }, whole),
)

/** What a client sends over one connection, one character a byte. No HEAD: its answers have no body to look at. */
export const onTheWire = fc
  .oneof(
    { arbitrary: request, weight: 6 },
    { arbitrary: mutated, weight: 2 },
    { arbitrary: bytes, weight: 1 },
  )
  .filter((sent) => !sent.includes('HEAD'))
