// From nothing to a push: the commands that `dockwarden init` prints are typed as they stand.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { findProgram, needs } from '../support/debian.ts'
import { freePort } from '../support/free-port.ts'
import { writeImage } from '../support/image.ts'
import { runMain } from '../support/run-main.ts'

interface Step {
  readonly title: string
  readonly commands: readonly string[]
}

describe('what dockwarden init makes', function () {
  needs('docker-registry', 'skopeo')
  this.timeout(120_000)

  let above: string
  let env: NodeJS.ProcessEnv
  const running: ChildProcess[] = []

  before(() => {
    above = mkdtempSync(join(tmpdir(), 'dockwarden-init-push-'))
    writeImage(join(above, 'image'))
    // A machine with these programs, and without docker.
    const programs = join(above, 'bin')
    mkdirSync(programs)
    for (const name of ['docker-registry', 'skopeo', 'sh'])
      symlinkSync(findProgram(name)!, join(programs, name))
    env = {
      PATH: programs,
      HOME: above,
      XDG_RUNTIME_DIR: above,
      REGISTRY_AUTH_FILE: join(above, 'auth.json'),
    }
  })
  after(async () => {
    for (const child of running) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const closed = once(child, 'close')
      child.kill('SIGTERM')
      await closed
    }
    rmSync(above, { recursive: true, force: true })
  })

  /** Types a command that goes on running. */
  async function start(command: string, listening: RegExp): Promise<void> {
    // Distribution would take skopeo's REGISTRY_AUTH_FILE for a setting of its own.
    const { REGISTRY_AUTH_FILE: _, ...plain } = env
    const child = spawn('sh', ['-c', `exec ${command}`], { env: plain, stdio: ['ignore', 'pipe', 'pipe'] })
    running.push(child)
    process.once('exit', () => child.kill('SIGKILL'))
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        said += chunk
        if (listening.test(said)) resolve()
      }
      child.stdout.on('data', take)
      child.stderr.on('data', take)
      child.once('close', () => reject(new Error(`${command} ended:\n${said}`)))
    })
  }

  const type = (command: string) =>
    promisify(execFile)('sh', ['-c', command], { env }).catch((error) => {
      throw new Error(`${command}: ${error.stderr}`)
    })

  it('is enough for a registry and a push, by the commands that it prints', async () => {
    const [port, registryPort] = [await freePort(), await freePort()]
    const made = await runMain(
      [
        'init',
        join(above, 'auth'),
        '--yes',
        '--json',
        '--port',
        String(port),
        '--registry-port',
        String(registryPort),
      ],
      '',
      { env: { PATH: [env.PATH, join(above, 'nothing')].join(delimiter) } },
    )
    expect(made.status, made.stderr).to.equal(0)
    const { password, steps } = JSON.parse(made.stdout) as { password: string; steps: Step[] }
    const [server, registry, push] = steps.map(({ commands }) => commands)
    await start(server![0]!, /"msg":"listening"/)
    await start(registry![0]!, /listening on/)

    const [login, copy] = push!
    expect(login).to.match(/^skopeo login .*-u admin localhost:\d+$/)
    await type(`printf %s '${password}' | ${login} --password-stdin`)
    const ours = copy!.replace('docker://docker.io/library/busybox', `oci:${above}/image:latest`)
    expect(ours).not.to.equal(copy)
    await type(ours.replace('skopeo copy', 'skopeo --insecure-policy copy'))

    // A second user, as the configuration's comment says.
    const users = join(above, 'auth/users.htpasswd')
    const added = await runMain(['user', 'add', 'bob', '--file', users, '--generate'])
    const place = /docker:\/\/(localhost:\d+\/\S+)/.exec(copy!)![1]!
    const inspect = `skopeo inspect --tls-verify=false --creds=bob:${added.stdout.trim()} docker://${place}`
    // The server looks at the file once a second.
    for (let tries = 0; ; tries += 1) {
      const failure = await type(inspect).then(
        () => undefined,
        (error: Error) => error,
      )
      if (failure === undefined) break
      if (tries === 60 || !/unauthorized|authentication required/.test(failure.message)) throw failure
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    const pushAsBob = ours
      .replace('skopeo copy', 'skopeo --insecure-policy copy')
      .replace('--dest-tls', `--dest-creds=bob:${added.stdout.trim()} --dest-tls`)
    expect(
      await type(pushAsBob).then(
        () => 'done',
        (error: Error) => error.message,
      ),
    ).to.match(/denied|unauthorized|authentication required/)
  })
})
