// Older oras and Helm (oras-go v1): they log in as Docker does, and then push and pull with containerd's resolver.
// source: oras-project/oras-go v1.2.0 pkg/auth/docker/login_tls.go, resolver.go
import type { Challenge, Credentials, Got, RegistryClient } from './client.ts'
import { Containerd } from './containerd.ts'
import { Docker } from './docker.ts'
import type { Wire } from './wire.ts'

export class OrasV1 implements RegistryClient {
  readonly #docker: Docker
  readonly #containerd: Containerd

  constructor(challenge: Challenge, wire: Wire) {
    this.#docker = new Docker(challenge, wire)
    this.#containerd = new Containerd(challenge, wire)
  }

  login(credentials: Credentials): Promise<Got> {
    return this.#docker.login(credentials)
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    return this.#containerd.token(credentials, ...scopes)
  }
}
