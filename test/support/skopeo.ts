// skopeo, the real client, with its state in a folder of its own.
import { execFile } from 'node:child_process'
import { expect } from 'chai'
import { findProgram } from './debian.ts'

/** How a run of skopeo ended. */
export interface SkopeoResult {
  readonly status: number
  readonly output: string
}

/**
 * Makes a way to run skopeo. The suite must say `needs('skopeo')`.
 *
 * @param home where it keeps its files
 */
export function skopeoIn(home: string): (...args: string[]) => Promise<SkopeoResult> {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    REGISTRY_AUTH_FILE: `${home}/auth.json`,
  }
  return (...args) =>
    new Promise((resolve) => {
      const program = findProgram('skopeo') ?? 'skopeo'
      execFile(program, ['--insecure-policy', ...args], { env }, (error, stdout, stderr) => {
        resolve({
          status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          output: stdout + stderr,
        })
      })
    })
}

/** What accounts do with the image `latest` in the folder `image` of `home`. */
export interface Accounts {
  push(account: string, name: string, password: string): Promise<SkopeoResult>
  inspect(account: string, name: string, password: string): Promise<SkopeoResult>
}

/** @param registry whose address is asked for at each run, without TLS */
export function accountsIn(home: string, registry: () => { readonly address: string }): Accounts {
  const skopeo = skopeoIn(home)
  const place = (name: string) => `docker://${registry().address}/${name}:1`
  return {
    push: (account, name, password) =>
      skopeo(
        ...['copy', '--dest-tls-verify=false', `--dest-creds=${account}:${password}`],
        ...[`oci:${home}/image:latest`, place(name)],
      ),
    inspect: (account, name, password) =>
      skopeo('inspect', '--tls-verify=false', `--creds=${account}:${password}`, place(name)),
  }
}

export function expectDone({ status, output }: SkopeoResult): void {
  expect(status, output).to.equal(0)
}

export function expectRefused({ status, output }: SkopeoResult): void {
  expect(status, output).not.to.equal(0)
  expect(output).to.match(/denied|unauthorized|authentication required/i)
}
