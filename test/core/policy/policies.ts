// Configurations in a folder of their own, opened as policies.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type OpenOptions, openPolicy } from '../../../core/policy/open.ts'
import type { Policy } from '../../../core/policy/policy.ts'

/** A folder with configurations. */
export class PolicyFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'policy-'))
  readonly #opened: Policy[] = []
  #files = 0

  /** @returns the file's path */
  write(name: string, text: string): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  async open(file: string, options?: OpenOptions): Promise<Policy> {
    const policy = await openPolicy(file, options)
    this.#opened.push(policy)
    return policy
  }

  /** A native configuration with these rules. @param more other keys of it, as YAML */
  async ofRules(rules: readonly object[], more = ''): Promise<Policy> {
    this.#files += 1
    const authorizers = [{ plugin: 'acl', options: { rules } }]
    const text = `${USERS}\nauthorizers: ${JSON.stringify(authorizers)}\n${more}`
    return await this.open(this.write(`policy-${this.#files}.yml`, text))
  }

  /** One of docker_auth's form. */
  async ofDockerAuth(acl: readonly object[]): Promise<Policy> {
    this.#files += 1
    const text = `server: { addr: ":5001" }\ntoken: { issuer: x, expiration: 900 }\nusers: { "": {}, alice: {} }\nacl: ${JSON.stringify(acl)}\n`
    return await this.open(this.write(`docker-auth-${this.#files}.yml`, text))
  }

  async remove(): Promise<void> {
    await Promise.all(this.#opened.map((policy) => policy.close()))
    rmSync(this.path, { recursive: true })
  }
}

const USERS = `authenticators:
  - plugin: static
    options:
      users:
        "": {}
        alice: { any_password: true, labels: { team: [red] } }
        bob: { any_password: true }`
