// Random requests for the fuzz test: from almost valid ones to mere bytes.
import fc from 'fast-check'

const PIECES = [
  'repository',
  'registry',
  'repository(plugin)',
  'alice',
  'bob',
  '<token>',
  'constructor',
  '__proto__',
  'public/app',
  'catalog',
  'localhost:5000/app',
  'pull',
  'push',
  '*',
  ':',
  ',',
  '/',
  '..',
  '.',
  ' ',
  '+',
  '&',
  '=',
  ';',
  '%',
  '%00',
  '%ff',
  '%zz',
  '"',
  '\\',
  '${account}',
  '${labels:team}',
  '[a-',
  '(',
  '{',
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\x7f',
  'é',
  'ž',
  '\u2028',
  '\u202e',
  '😀',
  '\ufffd',
  'x'.repeat(300),
]

const piece = fc.oneof(
  { arbitrary: fc.constantFrom(...PIECES), weight: 4 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 8 }), weight: 1 },
)
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

const scope = fc.oneof(
  { arbitrary: text, weight: 1 },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom('repository', 'registry', 'x1', 'repository(plugin)', 'Bad'),
        text,
        fc.constantFrom('pull', 'push,pull', '*', '', ',,', 'a,b,c'),
      )
      .map((parts) => parts.join(':')),
    weight: 3,
  },
)

const value: Record<string, fc.Arbitrary<string>> = {
  scope,
  service: text,
  account: fc.oneof(fc.constantFrom('alice', 'bob', ''), text),
  client_id: text,
  offline_token: fc.constantFrom('true', 'false', ''),
  grant_type: fc.oneof(fc.constantFrom('password', 'refresh_token', ''), text),
  username: fc.oneof(fc.constantFrom('alice', '<token>', ''), text),
  password: fc.oneof(fc.constantFrom('wrong', ''), text),
}
const field = fc
  .constantFrom(...Object.keys(value))
  .chain((name) => fc.tuple(fc.constant(name), value[name]!))
const half = (full: string) => full.replace(/%2[0-9A-F]|%3[0-9A-F]/g, decodeURIComponent)
const fields = fc
  .tuple(fc.array(field, { maxLength: 8 }), fc.constantFrom('whole', 'half', 'none'))
  .map(([pairs, encoding]) => {
    if (encoding === 'none') return pairs.map(([name, held]) => `${name}=${held}`).join('&')
    const encoded = new URLSearchParams(pairs).toString()
    return encoding === 'whole' ? encoded : half(encoded)
  })

const path = fc.oneof(
  { arbitrary: fc.constantFrom('/auth', '/token', '/auth/token'), weight: 8 },
  {
    arbitrary: fc.constantFrom(
      '/',
      '/healthz',
      '/.well-known/jwks.json',
      '*',
      '//auth',
      'http://x/auth',
      'http://[x/auth',
      '/auth%',
      '',
    ),
    weight: 2,
  },
  { arbitrary: text, weight: 1 },
)
const target = fc.tuple(path, fields).map(([place, query]) => (query === '' ? place : `${place}?${query}`))

const credentials = fc.oneof(
  fc.tuple(text, text).map(([name, password]) => `${name}:${password}`),
  fc.constantFrom('alice:wrong', 'alice', ':x', '<token>:x', ''),
)
const authorization = fc.oneof(
  fc.constant(''),
  fc
    .tuple(fc.constantFrom('Basic ', 'basic  ', 'Basic', 'Bearer ', ''), credentials, fc.boolean())
    .map(
      ([scheme, held, encoded]) =>
        `Authorization: ${scheme}${encoded ? Buffer.from(held).toString('base64') : held}\r\n`,
    ),
)

const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw).toString('latin1'))
const body = fc
  .oneof({ arbitrary: fields, weight: 4 }, { arbitrary: bytes, weight: 1 })
  .map((held) => Buffer.from(held).toString('latin1'))
const framed = fc
  .tuple(body, fc.constantFrom('length', 'long', 'short', 'chunked', 'chunked badly'))
  .map(([held, framing]) => {
    if (framing === 'chunked')
      return `Transfer-Encoding: chunked\r\n\r\n${held.length.toString(16)}\r\n${held}\r\n0\r\n\r\n`
    if (framing === 'chunked badly') return `Transfer-Encoding: chunked\r\n\r\n${held}`
    const length = held.length + (framing === 'long' ? 5 : framing === 'short' ? -5 : 0)
    return `Content-Length: ${length}\r\n\r\n${held}`
  })
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
const rest = fc.oneof(
  fc.constant('\r\n'),
  framed.map((held) => FORM + held),
  framed,
)

const request = fc
  .tuple(fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'OPTIONS', 'BREW'), target, authorization, rest)
  // What is not in a URL as such is sent as bytes: the server sees the UTF-8 of it.
  .map(
    ([method, url, held, end]) =>
      Buffer.from(`${method} ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${held}`).toString('latin1') +
      end,
  )

/** A request with some bytes changed, left out or added. */
const mutated = fc
  .tuple(
    request,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: 'binary-ascii', maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([whole, changes]) =>
    changes.reduce((held, [at, cut, put]) => {
      const place = at % (held.length + 1)
      return held.slice(0, place) + put + held.slice(place + cut)
    }, whole),
  )

/** What a client sends over one connection, one character a byte. No HEAD: its answers have no body to look at. */
export const onTheWire = fc
  .oneof(
    { arbitrary: request, weight: 6 },
    { arbitrary: mutated, weight: 3 },
    { arbitrary: bytes, weight: 1 },
  )
  .filter((sent) => !sent.includes('HEAD'))
