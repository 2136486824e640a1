// The files that the configuration names: who else can read the secret ones, and can the server itself read them?
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { tlsSections } from '../../config/native/listeners.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import { may, OTHERS, READ, WRITE } from './modes.ts'
import { optionFiles } from './option-files.ts'
import type { Running } from './running.ts'

/** A file and what it is, as the configuration calls it. */
interface Named {
  readonly path: string
  readonly of: string
  readonly secret: boolean
}

/** @param running the server of this configuration, if it runs */
export async function judgeFiles(config: Config, running: Running | undefined): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { path, of, secret } of namedBy(config)) {
    const { mode } = await stat(path).catch(() => ({ mode: 0 }))
    if (secret && (await may(OTHERS, path, READ))) {
      findings.push(
        warning(
          'files',
          `everybody on this machine can read ${path} (${of}, mode ${(mode & 0o777).toString(8)})`,
          'whoever has a signing key makes tokens for everything',
          `chmod o-rwx ${path}`,
        ),
      )
    }
    if (await may(OTHERS, path, WRITE)) {
      findings.push(
        wrong(
          'files',
          `everybody on this machine can write ${path} (${of})`,
          'whoever writes it decides who may do what',
          `chmod o-w ${path}`,
        ),
      )
    }
    if (running?.user && !(await may(running.user, path, READ))) {
      findings.push(
        wrong(
          'files',
          `the server, which runs as user ${running.user.uid}, can not read ${path} (${of})`,
          'its next start, or its next look at the file, fails',
          `chown or chgrp ${path} and the folders above it to the server's user`,
        ),
      )
    }
  }
  return findings.length > 0
    ? findings
    : [ok('files', 'the files that the configuration names are closed to others')]
}

function namedBy(config: Config): Named[] {
  const { file, base, token, server } = config
  const pairs = [
    ...(token.keys ?? []).map((pair, index) => ({ ...pair, at: `token.keys[${index}]` })),
    ...tlsSections(server).flatMap(({ at, settings }) =>
      settings === 'auto' || 'acme' in settings
        ? []
        : settings.pairs.map((pair) => ({ ...pair, at: `${at}${pair.at}`.replace(/\.(\d+)/g, '[$1]') })),
    ),
  ]
  return [
    { path: resolve(file), of: 'the configuration', secret: false },
    ...pairs.flatMap(({ certificate, key, at }) => [
      ...(certificate === undefined
        ? []
        : [{ path: resolve(base, certificate), of: `${at}.certificate`, secret: false }]),
      { path: resolve(base, key), of: `${at}.key`, secret: true },
    ]),
    ...optionFiles(config).map((named) => ({ ...named, secret: false })),
  ]
}
