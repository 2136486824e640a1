import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authenticator, accept, type Credentials, pass, reject, Secret } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'exec-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

/** In the manner of a script that people use: one account of its own, the others are passed on or refused. */
const EXT_AUTH = script(
  'ext_auth.sh',
  `read -r u p
if [ "$u" = cicd ]; then
  if [ "$p" = "correct horse" ]; then
    echo '{"labels": {"group": ["CICD"]}}'
    exit 0
  fi
  echo "wrong: $p" >&2
  exit 1
fi
[ "$u" = nobody ] && exit 2
[ "$u" = constructor ] && [ "$p" = "correct horse" ]
exit $?`,
)

conformance(plugin, {
  options: () => ({ command: EXT_AUTH }),
  invalid: [
    { options: {}, path: 'command', message: /expected string/ },
    { options: { command: '' }, path: 'command', message: /write the path of a program/ },
    { options: { command: EXT_AUTH, persistent: true }, path: 'persistent', message: /needs protocol: json/ },
    { options: { command: EXT_AUTH, max_processes: 0 }, path: 'max_processes', message: />=1/ },
    { options: { command: EXT_AUTH, protocol: 'xml' }, path: 'protocol', message: /ext_auth/ },
    { options: { command: './no-such-file' }, message: /no-such-file: there is no such file/ },
  ],
  accepts: [
    { account: 'cicd', password: 'correct horse', labels: { group: ['CICD'] } },
    { account: 'constructor', password: 'correct horse', labels: {} },
  ],
  rejects: [
    { account: 'cicd', password: 'wrong horse' },
    { account: 'constructor', password: 'wrong horse' },
    { account: 'two words', password: 'correct horse' },
  ],
  passes: [
    { account: 'nobody', password: 'correct horse' },
    { account: '', password: '' },
  ],
  unavailable: { options: () => ({ command: script('broken', 'read -r u p; echo "$p"; exit 3') }) },
})

function make(body: string, options: object = {}): Promise<Authenticator> | Authenticator {
  const command = script(`script-${Math.random()}`, body)
  return plugin.create(plugin.options.parse({ command, ...options }), testHost())
}

async function ask(
  body: string,
  given: Partial<Credentials> & { password?: Secret } = {},
  options: object = {},
) {
  const credentials: Credentials = {
    kind: 'password',
    account: 'bob',
    password: new Secret('hunter2'),
    ...given,
  }
  return (await make(body, options)).authenticate(credentials, testRequest())
}

async function failure(asked: unknown): Promise<string> {
  return Promise.resolve(asked).then(
    (outcome) => expect.fail(`it did not throw, it answered ${JSON.stringify(outcome)}`),
    (error: Error) => error.message,
  )
}

describe('exec, protocol ext_auth', () => {
  for (const password of ['', ' ', 'p w', '"\'`$x\\', 'grüße 🔑', 'tab\tand \u2028\u0085']) {
    it(`hands over USER PASSWORD and nothing else: ${JSON.stringify(password)}`, async () => {
      const seen = join(folder, 'seen')
      await ask(
        `cat > ${seen}; echo "$# $*" > ${seen}.args`,
        { password: new Secret(password) },
        { args: ['--flag'] },
      )
      expect(readFileSync(seen, 'utf8')).to.equal(`bob ${password}`)
      expect(readFileSync(`${seen}.args`, 'utf8')).to.equal('1 --flag\n')
    })
  }

  it('answers by exit code', async () => {
    expect(await ask('exit 0')).to.deep.equal(accept({ labels: {} }))
    expect((await ask('exit 1')).outcome).to.equal('reject')
    expect(await ask('exit 2')).to.equal(pass)
  })

  for (const code of [3, 4, 126, 127, 137, 255]) {
    it(`takes exit ${code} for an outage`, async () => {
      expect(await failure(ask(`exit ${code}`))).to.match(new RegExp(`exit ${code}\\b|SIGKILL`))
    })
  }

  it('tells how to see what went wrong, and shows nothing of it', async () => {
    const message = await failure(ask('read -r u p; echo "$p"; echo "$p" >&2; exit 3'))
    expect(message)
      .to.match(/exit 3 is no answer .* run it by hand: printf '%s' 'USER PASSWORD' \|/)
      .and.not.match(/hunter2/)
  })

  const said: [string, string, RegExp][] = [
    [
      'exit code 3',
      'echo first >&2; echo "KeyError: x" >&2; exit 3',
      /passes\); it said: "KeyError: x"; run it by hand/,
    ],
    [
      'a script that is killed',
      'echo "out of memory" >&2; kill -KILL $$',
      /died of SIGKILL; .*; it said: "out of memory"$/,
    ],
    [
      'an interpreter that is missing',
      'exec no-such-interpreter',
      /exit 127: .*; it said: ".*no-such-interpreter: not found"$/,
    ],
    ['bytes that are no text', 'printf "a\\033[31m\\377b\\n\\n" >&2; exit 3', /it said: "a \[31m b"/],
  ]
  for (const [what, script, expected] of said) {
    it(`logs the last line of standard error of ${what}`, async () => {
      expect(await failure(ask(script))).to.match(expected)
    })
  }

  it('logs it of a reject too: an exception of Python is exit 1', async () => {
    expect(await ask('echo "ValueError: bad" >&2; exit 1'))
      .to.have.property('reason')
      .that.match(/^exit 1 of .*; it said: "ValueError: bad"$/)
    expect(await ask('exit 1'))
      .to.have.property('reason')
      .that.match(/^exit 1 of [^;]*$/)
  })

  it('masks the password in it, however it is encoded', async () => {
    for (const shown of ['$p', '$(printf %s "$p" | base64)', 'x?password=$p&y']) {
      const message = await failure(ask(`read -r u p; echo "no: ${shown}" >&2; exit 3`))
      expect(message).to.contain('it said: "no: ').and.contain('***')
      expect(message).not.to.contain('hunter2').and.not.to.contain(Buffer.from('hunter2').toString('base64'))
    }
  })

  it('takes a crash and a program that hangs for outages', async () => {
    expect(await failure(ask('kill -SEGV $$'))).to.match(/died of SIGSEGV/)
    const hanging = await make('exec sleep 1000')
    const credentials: Credentials = { kind: 'password', account: 'bob', password: new Secret('hunter2') }
    const asked = hanging.authenticate(credentials, testRequest({ timeout: 50 }))
    expect(await failure(asked)).to.match(/killed, it had not ended in time/)
  })

  for (const [output, labels] of [
    ['{"labels":{"group":["a","b"],"level":["1"]}}', { group: ['a', 'b'], level: ['1'] }],
    [
      '{"labels":{"__proto__":["a"],"constructor":["b"]}}',
      JSON.parse('{"__proto__":["a"],"constructor":["b"]}'),
    ],
    ['{"Labels":{"group":["a"]}}', { group: ['a'] }],
    ['{"labels":null}', {}],
    ['{"labels":{"group":["a",null],"team":null}}', { group: ['a'] }],
    ['{"other":1}', {}],
    ['null', {}],
    ['{}', {}],
  ] as const) {
    it(`reads the labels of ${output}`, async () => {
      const outcome = await ask(`printf %s '${output}'`)
      expect(outcome.outcome).to.equal('accept')
      expect(Object.entries((outcome as { labels: object }).labels)).to.deep.equal(Object.entries(labels))
    })
  }

  for (const output of [
    'ok',
    '\\n',
    '[]',
    '"text"',
    '{"labels":{"a":1}}',
    '{"labels":["a"]}',
    '{} {}',
    '{"labels":\\377}',
  ]) {
    it(`takes the output ${output} of exit 0 for an outage`, async () => {
      const message = await failure(ask(`printf '${output}'`))
      expect(message).to.match(/its standard output must be empty or JSON such as/)
    })
  }

  it('does not show an output that is not JSON: it may hold a secret', async () => {
    expect(await failure(ask('read -r u p; echo "token $p"')))
      .to.match(/it is not JSON/)
      .and.not.match(/hunter2/)
  })

  it('pays no heed to the output of exit 1 and 2', async () => {
    expect((await ask('echo no JSON; exit 1')).outcome).to.equal('reject')
    expect((await ask('echo no JSON; exit 2')).outcome).to.equal('pass')
  })

  it('reads labels of many thousand values', async () => {
    const values = Array.from({ length: 20_000 }, (_, n) => `group-${n}`)
    const file = join(folder, 'labels.json')
    writeFileSync(file, JSON.stringify({ labels: { group: values } }))
    expect(await ask(`cat ${file}`)).to.deep.equal(accept({ labels: { group: values } }))
  })

  for (const account of ['a b', 'a\tb', 'a\u00a0b', 'a\u2028b', '']) {
    it(`rejects the account ${JSON.stringify(account)} without running the program`, async () => {
      const mark = join(folder, 'mark')
      expect((await ask(`touch ${mark}; exit 0`, { account })).outcome).to.equal('reject')
      expect(existsSync(mark)).to.equal(false)
    })
  }

  for (const password of ['hunter2\n', 'hunter2\nrest', 'hunter2\r', '\r\n', 'hunter2\0', '\0']) {
    it(`rejects the password ${JSON.stringify(password)} without running the program`, async () => {
      const mark = join(folder, 'mark-password')
      const outcome = await ask(`touch ${mark}; exit 0`, { password: new Secret(password) })
      expect(outcome).to.deep.equal(
        reject('the password has a line break or a NUL in it, which ext_auth can not carry'),
      )
      expect(existsSync(mark)).to.equal(false)
    })
  }

  it('asks without credentials only when anonymous is true, with one blank as docker_auth does', async () => {
    const anonymous = { kind: 'anonymous', account: '', password: new Secret('') } as const
    const body = '[ "$(cat)" = " " ]'
    expect(await ask(body, anonymous)).to.equal(pass)
    expect((await ask(body, anonymous, { anonymous: true })).outcome).to.equal('accept')
  })

  it('takes a command with a slash from the folder of the configuration', async () => {
    script('beside', 'exit 1')
    const options = plugin.options.parse({ command: './beside' })
    const instance = await plugin.create(options, testHost({ base: folder }))
    const credentials: Credentials = { kind: 'password', account: 'bob', password: new Secret('hunter2') }
    expect(await instance.authenticate(credentials, testRequest())).to.deep.equal(
      reject('exit 1 of ./beside'),
    )
  })
})
