// Helm 3.18 and later: oras-go v2, but its login tries the password grant first.
// source: helm/helm pkg/registry/client.go
import {
  type Challenge,
  type Credentials,
  GivesUp,
  type Got,
  outcome,
  type RegistryClient,
} from './client.ts'
import { Oras } from './oras.ts'
import type { Wire } from './wire.ts'

export class Helm implements RegistryClient {
  readonly #oras: Oras

  constructor(challenge: Challenge, wire: Wire) {
    this.#oras = new Oras(challenge, wire, 'Helm/3.18.6')
  }

  /** POST, and GET after whatever error. */
  login(credentials: Credentials): Promise<Got> {
    return outcome(async () => {
      try {
        return await this.#oras.fetch(credentials, [], true)
      } catch (error) {
        if (!(error instanceof GivesUp)) throw error
        return await this.#oras.fetch(credentials, [], false)
      }
    })
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    return this.#oras.token(credentials, ...scopes)
  }
}
