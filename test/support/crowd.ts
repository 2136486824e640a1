// Many clients that log in at the same time, from networks of their own.
import { HOST_SERVICES } from '../../core/services/host.ts'
import { basic } from './http-question.ts'
import { openRaw, type RawConnection } from './raw-http.ts'
import type { TestInstance } from './server.ts'

const login = (account: string, password: string) =>
  `GET /auth HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(account, password)}\r\n\r\n`

/** Logins under way, each over a connection of its own. */
export class Crowd {
  readonly #clients: RawConnection[] = []
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  /**
   * Begins a login.
   *
   * @param from the last number of the client's address, 127.0.1.n
   * @param password by default a wrong one, and each time another: none shares a hash with another
   */
  async login(
    account: string,
    from: number,
    password = `wrong ${this.#clients.length}`,
  ): Promise<RawConnection> {
    const client = await openRaw(this.#port, `127.0.1.${from}`)
    this.#clients.push(client)
    client.write(login(account, password))
    return client
  }

  /** Goes away, whatever was answered. */
  leave(): void {
    for (const client of this.#clients) client.destroy()
  }
}

/** What a place of a server does, by its name. */
export const countsOf = ({ server }: TestInstance, name = 'password hashes') =>
  server.services.container
    .resolve(HOST_SERVICES)
    .places.counts()
    .find((place) => place.name === name)!
