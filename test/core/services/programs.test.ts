import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { createPrograms } from '../../../core/services/programs.ts'
import { WorkPlaces } from '../../../core/work/places.ts'
import { createTurns } from '../../../core/work/turns.ts'
import { isRunning, until } from '../../support/processes.ts'

const programs = createPrograms(new WorkPlaces(), createTurns())
let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-test-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** Writes an executable shell script and returns its path. */
function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

const soon = () => AbortSignal.timeout(10_000)

function open(command: string, args: string[] = [], maxProcesses = 4) {
  return programs.open({ command, args, maxProcesses })
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => expect.fail('it did not reject'),
    (error: Error) => error.message,
  )
}

describe('programs: input, output and exit code', () => {
  for (const text of [
    '',
    'alice p w',
    'a "b" \'c\' $d `e`\\n',
    'two\nlines\n',
    'grüße 🔑',
    'nul\0byte',
    'x'.repeat(300_000),
  ]) {
    it(`carries ${JSON.stringify(text.slice(0, 20))} (${text.length} characters) unchanged both ways`, async () => {
      expect(await open('cat').run(text, soon())).to.deep.equal({ exitCode: 0, stdout: text })
    })
  }

  it('gives pipes that a script can open by name: /dev/stdin, /dev/stdout, /dev/stderr', async () => {
    const program = open(script('by-name', 'set -e; cat /dev/stdin > /dev/stdout; echo note > /dev/stderr'))
    expect(await program.run('alice secret', soon())).to.deep.equal({ exitCode: 0, stdout: 'alice secret' })
  })

  it('passes arguments as they are, without a shell', async () => {
    const { stdout } = await open('printf', ['%s|', 'a b', '$HOME', '*', '']).run('', soon())
    expect(stdout).to.equal('a b|$HOME|*||')
  })

  it('inherits the environment as it is when the program runs', async () => {
    const program = open('sh', ['-c', 'printf %s "$PROGRAMS_TEST"'])
    process.env.PROGRAMS_TEST = 'later'
    try {
      expect((await program.run('', soon())).stdout).to.equal('later')
    } finally {
      delete process.env.PROGRAMS_TEST
    }
  })

  it('does not mind a program that reads none of a long input', async () => {
    expect(await open(script('deaf', 'exit 2')).run('x'.repeat(1_000_000), soon())).to.deep.equal({
      exitCode: 2,
      stdout: '',
    })
  })

  it('turns bytes that are not UTF-8 into replacement characters', async () => {
    expect((await open('printf', ['a\\377b']).run('', soon())).stdout).to.equal('a\ufffdb')
  })

  it('takes exactly 1 MiB of output, and kills the program at one byte more', async () => {
    const program = open('sh', ['-c', 'head -c "$(cat)" /dev/zero'])
    expect((await program.run('1048576', soon())).stdout).to.have.length(1_048_576)
    expect(await failure(program.run('1048577', soon()))).to.equal('sh: killed, it wrote more than 1 MiB')
  })

  it('stops a program that floods its output, and what that started', async () => {
    const pids = join(folder, 'flood-pids')
    const flood = script('flood', `yes & echo $! > ${pids}; yes`)
    expect(await failure(open(flood).run('', soon()))).to.match(/killed, it wrote more than 1 MiB/)
    await until(() => !isRunning(Number(readFileSync(pids, 'utf8'))))
  })

  it('is not held up by a program that floods its standard error', async () => {
    const { exitCode } = await open(script('noisy', 'head -c 10000000 /dev/zero >&2; exit 1')).run('', soon())
    expect(exitCode).to.equal(1)
  })

  it('is not held up by what the program left running with its standard error', async () => {
    const pids = join(folder, 'left-pids')
    const program = open(script('left', `sleep 1000 > /dev/null & echo $! > ${pids}; echo said >&2; exit 3`))
    expect(await program.run('', soon())).to.deep.equal({ exitCode: 3, stdout: '', said: 'said' })
    process.kill(Number(readFileSync(pids, 'utf8')))
  })

  it('has the last line each time, also of programs that could not be run or died', async () => {
    for (const [name, text] of [
      ['missing', 'exec no-such-interpreter'],
      ['dead', 'echo "out of memory" >&2; kill -KILL $$'],
    ] as const) {
      const program = open(script(name, text))
      for (let time = 0; time < 50; time += 1) {
        const error = await program.run('', soon()).then(
          () => undefined,
          (reason: Error & { said?: string }) => reason,
        )
        expect(error!.said, `${name} ${time}`).to.match(/not found|out of memory/)
      }
    }
  })

  it('tells the last line of a standard error that was opened by name', async () => {
    const program = open(script('named', 'echo one > /dev/stderr; echo two > /dev/stderr; exit 1'))
    expect(await program.run('', soon())).to.deep.equal({ exitCode: 1, stdout: '', said: 'two' })
  })

  it('waits for the output of what the program left running, as docker_auth does', async () => {
    const program = open(script('late', '(sleep 0.2; echo late) & exit 0'))
    expect(await program.run('', soon())).to.deep.equal({ exitCode: 0, stdout: 'late\n' })
  })
})

describe('programs: what is no answer', () => {
  it('rejects when the program dies of a signal, and does not show its standard error', async () => {
    const message = await failure(
      open(script('crash', 'echo hunter2 >&2; kill -SEGV $$')).run('u hunter2', soon()),
    )
    expect(message)
      .to.match(/died of SIGSEGV/)
      .and.not.match(/hunter2/)
  })

  it('rejects when the program went away after the start', async () => {
    const file = script('gone', 'exit 0')
    const program = open(file, ['--token=hunter2'])
    rmSync(file)
    expect(await failure(program.run('', soon())))
      .to.match(
        /gone: exit 127: it, the interpreter in its first line \(#!\) or a program that it calls is missing/,
      )
      .and.not.match(/hunter2/)
  })

  it('rejects when a part of the pipes can not run, whatever the program answered', async () => {
    const path = process.env.PATH
    script('cat', 'exit 126')
    process.env.PATH = `${folder}:${path}`
    try {
      expect(await failure(open('sh', ['-c', 'exit 1']).run('', soon()))).to.match(
        /^sh: could not be run; see whether/,
      )
    } finally {
      process.env.PATH = path
      rmSync(join(folder, 'cat'))
    }
  })

  it('rejects when an argument is impossible, without showing it', async () => {
    const message = await failure(open('sh', ['hunter2\0']).run('', soon()))
    expect(message)
      .to.match(/^sh: can't be started: /)
      .and.not.match(/hunter2/)
  })

  it('says which limit is reached where there are no descriptors for its pipes, and leaves no promise behind', () => {
    const file = join(folder, 'no-descriptors.ts')
    const core = join(import.meta.dirname, '../../../core')
    writeFileSync(
      file,
      `import { openSync } from 'node:fs'
      import { createPrograms } from '${core}/services/programs.ts'
      import { WorkPlaces } from '${core}/work/places.ts'
      import { createTurns } from '${core}/work/turns.ts'
      process.on('unhandledRejection', () => console.log('left behind'))
      const program = createPrograms(new WorkPlaces(), createTurns()).open({ command: 'sh', args: ['-c', 'exit 0'], maxProcesses: 1 })
      try { for (;;) openSync('/dev/null') } catch {}
      await program.run('', AbortSignal.timeout(10_000)).catch(({ message }) => console.log(message))`,
    )
    const limited = ['-c', 'ulimit -n 80 && exec "$@"', 'sh', process.execPath, file]
    const said = execFileSync('sh', limited, { encoding: 'utf8' })
    expect(said).to.equal("sh: can't be started: the limit of open files is reached; raise it (ulimit -n)\n")
  })

  it('kills the program and all that it started when the signal aborts', async () => {
    const pids = join(folder, 'hang-pids')
    const program = open(script('hang', `sleep 1000 & echo $! $$ > ${pids}; cat > /dev/null; wait`))
    const controller = new AbortController()
    const run = failure(program.run('', controller.signal))
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
    controller.abort()
    expect(await run).to.match(/killed, it had not ended in time/)
    const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number)
    await until(() => !started.some(isRunning))
  })

  it('kills what keeps the output open after the program itself has exited', async () => {
    const pids = join(folder, 'left-pids')
    const program = open(script('left', `sleep 1000 & echo $! $$ > ${pids}; exit 0`))
    const controller = new AbortController()
    const run = failure(program.run('', controller.signal))
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
    const [sleeper, leader] = readFileSync(pids, 'utf8').trim().split(' ').map(Number)
    await until(() => !isRunning(leader!))
    controller.abort()
    expect(await run).to.match(/killed, it had not ended in time/)
    await until(() => !isRunning(sleeper!))
  })

  it('ends at the signal also when a process that left the group keeps the output open', async () => {
    const pids = join(folder, 'escaped-pid')
    // A process group of its own, as daemons have.
    const leaving = `const { spawn } = require('node:child_process')
      const child = spawn('sleep', ['1000'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] })
      require('node:fs').writeFileSync(${JSON.stringify(pids)}, child.pid + '\\n')
      process.exit(0)`
    const controller = new AbortController()
    const run = failure(open(process.execPath, ['-e', leaving]).run('', controller.signal))
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
    controller.abort()
    expect(await run).to.match(/killed, it had not ended in time/)
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL')
  })

  it('starts nothing when the signal has aborted already', async () => {
    const mark = join(folder, 'mark')
    await failure(open(script('marks', `touch ${mark}`)).run('', AbortSignal.abort()))
    expect(existsSync(mark)).to.equal(false)
  })
})

describe('programs: how many at once', () => {
  it('runs at most as many as it may, the others in the order in which they came', async () => {
    const gate = join(folder, 'gate')
    const log = join(folder, 'log')
    const program = open(
      script('queued', `read n; echo "$n" >> ${log}; while [ ! -e ${gate} ]; do sleep 0.01; done`),
      [],
      1,
    )
    const runs = [1, 2, 3].map((n) => program.run(`${n}\n`, soon()))
    // The shell makes the file before it writes into it.
    await until(() => existsSync(log) && readFileSync(log, 'utf8') !== '')
    expect(readFileSync(log, 'utf8')).to.equal('1\n')
    writeFileSync(gate, '')
    await Promise.all(runs)
    expect(readFileSync(log, 'utf8')).to.equal('1\n2\n3\n')
  })

  it('lets a waiting call go when its signal aborts, and the next one takes its turn', async () => {
    const program = open(script('slow', 'read n; [ "$n" = hang ] && exec sleep 1000; exit 7'), [], 1)
    const [first, second] = [new AbortController(), new AbortController()]
    const hanging = failure(program.run('hang\n', first.signal))
    const waiting = failure(program.run('go\n', second.signal))
    const third = program.run('go\n', soon())
    second.abort()
    expect(await waiting).to.match(/the one place stayed busy/)
    first.abort()
    await hanging
    expect((await third).exitCode).to.equal(7)
  })

  it('gives the place back after every kind of failure', async () => {
    const file = script('fails', 'read n; [ "$n" = die ] && kill -9 $$; [ "$n" = flood ] && exec yes; exit 0')
    const program = open(file, [], 1)
    await failure(program.run('die\n', soon()))
    await failure(program.run('flood\n', soon()))
    const body = readFileSync(file)
    rmSync(file)
    await failure(program.run('', soon()))
    writeFileSync(file, body, { mode: 0o755 })
    expect((await program.run('', soon())).exitCode).to.equal(0)
  })
})

describe('programs: what stays behind', () => {
  it('nothing, after 200 calls', async function () {
    this.timeout(60_000)
    const program = open('sh', ['-c', 'cat'], 8)
    const { signal } = new AbortController()
    const count = () => ({
      files: readdirSync('/proc/self/fd').length,
      children: readFileSync('/proc/thread-self/children', 'utf8').trim().split(' ').filter(Boolean).length,
      handles: process.getActiveResourcesInfo().filter((name) => /Pipe|Process|Socket/.test(name)).length,
      listeners: getEventListeners(signal, 'abort').length,
    })
    await program.run('warm up', signal)
    await delay(0)
    const before = count()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => program.run(`input ${n}`, signal)),
    )
    expect(answers.map(({ stdout }) => stdout)).to.deep.equal(answers.map((_, n) => `input ${n}`))
    // Sockets close a moment after they were destroyed; so do those of the first call, and of whatever ran before.
    await until(() => {
      const now = count()
      return (Object.keys(now) as (keyof typeof now)[]).every((what) => now[what] <= before[what])
    })
  })
})
