import { conformance } from '../../core/testing/index.ts'
import { json, serve, type TestServer } from '../../test/support/http-server.ts'
import plugin from './index.ts'

let box: TestServer
let gone: TestServer

/** In the manner of the services that login scripts ask: always 200, the verdict is a code in the body. */
before(async () => {
  box = await serve(({ url, body }, response) => {
    if (url !== '/api/login') return void response.writeHead(404).end()
    const { username, password } = JSON.parse(body)
    if (username === 'nobody') return json(response, 200, { code: 2 })
    if (password !== 'correct horse') return json(response, 200, { code: 1 })
    json(response, 200, {
      code: 0,
      data: { groups: ['dev', 7], id: username === 'alias' ? 'ann' : username },
    })
  })
  gone = await serve(() => {})
  await gone.close()
})
after(() => box.close())

const options = (origin: string) => ({
  url: `${origin}/api/login`,
  json: { username: '${account}', password: '${password}' },
  pass: 'body.code == 2',
  accept: 'response.status == 200 && body.code == 0',
  labels: { group: 'body.data.groups', site: 'body.data.site' },
  account: 'body.data.id',
})
const url = 'http://127.0.0.1:1/'

conformance(plugin, {
  options: () => options(box.origin),
  invalid: [
    { options: {}, path: 'url', message: /must be text/ },
    { options: { url: 'ftp://box/' }, path: 'url', message: /must begin with http:\/\/ or https:\/\// },
    { options: { url: '${account}://box/' }, path: 'url', message: /must begin with http/ },
    { options: { url: 'http://${account}.example.com/' }, path: 'url', message: /choose the server/ },
    { options: { url: 'http://box${account}' }, path: 'url', message: /choose the server/ },
    { options: { url: 'http://box:80${account}\\x' }, path: 'url', message: /choose the server/ },
    { options: { url: 'http://ann:secret@box/' }, path: 'url', message: /use `basic`/ },
    { options: { url: 'http://box/#${account}' }, path: 'url', message: /never sent/ },
    { options: { url: 'http://box:x/' }, path: 'url', message: /not a valid URL/ },
    { options: { url: 'http://box/a/../b' }, path: 'url', message: /write the path out/ },
    { options: { url: 'http://box/${acount}' }, path: 'url', message: /did you mean "account"/ },
    { options: { url, json: { a: ['${acount}'] } }, path: 'json.a.0', message: /did you mean "account"/ },
    { options: { url, json: {}, form: {} }, path: 'form', message: /one body/ },
    { options: { url, method: 'GET', json: {} }, path: 'json', message: /write method: POST/ },
    { options: { url, method: 'GET', form: {} }, path: 'form', message: /write method: POST/ },
    {
      options: { url, basic: {}, headers: { Authorization: 'x ${account}' } },
      path: 'basic',
      message: /beside an Authorization header/,
    },
    { options: { url, headers: { 'a b': '' } }, path: 'headers.a b', message: /valid header name/ },
    { options: { url, headers: { 'x-a': 'a\nb' } }, path: 'headers.x-a', message: /visible ASCII/ },
    { options: { url, headers: { Connection: 'x' } }, path: 'headers.Connection', message: /client itself/ },
    { options: { url, accept: 'body.code = 0' }, path: 'accept', message: /CEL/ },
    { options: { url, accept: 'response.status' }, path: 'accept', message: /true or false is needed/ },
    { options: { url, accept: 'request.password == ""' }, path: 'accept', message: /No such key: password/ },
    { options: { url, labels: { a: 'bdy' } }, path: 'labels.a', message: /did you mean "body"/ },
    { options: { url, retries: -1 }, path: 'retries', message: />=0/ },
    { options: { url, tls: { ca: 'no-such.pem' } }, message: /no-such\.pem: there is no such file/ },
  ],
  accepts: [
    { account: 'bob', password: 'correct horse', as: 'bob', labels: { group: ['dev', '7'] } },
    { account: 'alias', password: 'correct horse', as: 'ann' },
    { account: 'constructor', password: 'correct horse', as: 'constructor' },
  ],
  rejects: [{ account: 'bob', password: 'wrong horse' }],
  passes: [
    { account: 'nobody', password: 'correct horse' },
    { account: '', password: '' },
  ],
  unavailable: { options: () => options(gone.origin) },
})
