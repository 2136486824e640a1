// What is to be typed once the files are there.
import { join } from 'node:path'
import type { Answers } from './answers.ts'
import { checkout } from './compose.ts'
import { POLICY_FILE } from './policy.ts'
import { ownCommand, programPath } from './programs.ts'
import { KINDS } from './registry.ts'
import { UNITS, unitUser } from './systemd.ts'
import { shell } from './text.ts'

/** Commands that belong together, and what they are for. */
export interface Step {
  readonly title: string
  readonly commands: readonly string[]
}

/** @returns the steps to the first push */
export function stepsOf(answers: Answers): Step[] {
  const start = { terminal: inTerminals, compose: withCompose, systemd: withSystemd }[answers.run](answers)
  return [...start, push(answers), afterChange(answers)]
}

function inTerminals({ folder, registry }: Answers): Step[] {
  const { file, get } = KINDS[registry]
  const program = programNameOf(registry)
  const missing = programPath(program) === undefined ? `; ${program} is not here yet (${get})` : ''
  return [
    {
      title: 'Start Dockwarden',
      commands: [words([...ownCommand(), 'serve', join(folder, 'dockwarden.yml')])],
    },
    {
      title: `Start the registry, in another terminal${missing}`,
      commands: [words([program, 'serve', join(folder, file)])],
    },
  ]
}

function withCompose({ folder }: Answers): Step[] {
  return [
    {
      title: checkout() ? 'Start both' : `Start both${NO_IMAGE}`,
      commands: [`cd ${shell(folder)}`, 'docker compose up --detach'],
    },
  ]
}

const NO_IMAGE = '; the image dockwarden is made in a checkout: docker build --tag dockwarden .'

function withSystemd({ folder, registry }: Answers): Step[] {
  const units = [UNITS.server, UNITS.registry]
  const user = unitUser()
  const program = programNameOf(registry)
  const missing =
    programPath(program) === undefined ? `; ${program} is not here yet (${KINDS[registry].get})` : ''
  const makeUser =
    user === 'dockwarden'
      ? [
          `id ${user} || useradd --system --no-create-home --shell /usr/sbin/nologin ${user}`,
          `chown -R ${user}: ${shell(folder)}`,
        ]
      : []
  const sudo = makeUser.length > 0 ? '' : 'sudo '
  return [
    {
      title: `Start both${missing}`,
      commands: [
        ...makeUser,
        `${sudo}install -m 644 ${units.map((unit) => shell(join(folder, unit))).join(' ')} /etc/systemd/system/`,
        `${sudo}systemctl daemon-reload`,
        `${sudo}systemctl enable --now ${units.map((unit) => unit.replace('.service', '')).join(' ')}`,
      ],
    },
  ]
}

function push({ host, registryPort, user, tls, run }: Answers): Step {
  const registry = `${host}:${registryPort}`
  const image = `${registry}/demo/busybox`
  if (run === 'compose' || programPath('docker') !== undefined) {
    return {
      title: 'Log in and push',
      commands: [
        words(['docker', 'login', '-u', user, registry]),
        'docker pull busybox',
        `docker tag busybox ${image}`,
        `docker push ${image}`,
      ],
    }
  }
  const trust = tls ? [] : ['--tls-verify=false']
  const copy = tls ? [] : ['--dest-tls-verify=false']
  return {
    title: 'Log in and push',
    commands: [
      words(['skopeo', 'login', ...trust, '-u', user, registry]),
      words(['skopeo', 'copy', ...copy, 'docker://docker.io/library/busybox', `docker://${image}`]),
    ],
  }
}

function afterChange({ folder }: Answers): Step {
  return {
    title: 'After a change of dockwarden.yml',
    commands: [
      words([...ownCommand(), 'check', join(folder, 'dockwarden.yml')]),
      words([...ownCommand(), 'policy', 'test', join(folder, POLICY_FILE)]),
    ],
  }
}

/** The registry's program: one that is here, or the first that could be. */
export function programNameOf(registry: Answers['registry']): string {
  const { programs } = KINDS[registry]
  return programs.find((name) => programPath(name) !== undefined) ?? programs[0]!
}

function words(command: readonly string[]): string {
  return command.map(shell).join(' ')
}
