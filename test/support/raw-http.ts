// A bare TCP connection to an HTTP server, for what no well-behaved client sends.
import { connect, type Socket } from 'node:net'

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface RawConnection {
  readonly socket: Socket
  /** Everything received so far. */
  readonly text: string
  /** Sends bytes; text is sent as Latin-1, one byte a character. */
  write(bytes: string | Uint8Array): void
  /** Resolves with the first `count` answers, once they are whole. Rejects when the connection ends before that. */
  answers(count: number): Promise<RawAnswer[]>
  /** Resolves with all answers when the server has closed the connection. */
  closed(): Promise<RawAnswer[]>
  destroy(): void
  [Symbol.dispose](): void
}

/** Opens a connection to a loopback port, or to a unix socket. @param from the client's own address */
export async function openRaw(to: number | string, from?: string): Promise<RawConnection> {
  const socket =
    typeof to === 'string'
      ? connect(to)
      : connect({ port: to, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return new Raw(socket)
}

/** Sends bytes and waits until the server has closed the connection. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<RawAnswer[]> {
  using connection = await openRaw(port)
  connection.write(bytes)
  return await connection.closed()
}

class Raw implements RawConnection {
  readonly socket: Socket
  text = ''
  #waiting: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      this.text += chunk
      this.#wake()
    })
    // A server that closes while we still send resets the connection: the answers so far count.
    socket.on('error', () => {})
    socket.on('close', () => this.#wake())
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  async answers(count: number): Promise<RawAnswer[]> {
    for (;;) {
      const found = readAnswers(this.text)
      if (found.length >= count) return found.slice(0, count)
      if (this.socket.closed)
        throw new Error(`closed after ${found.length} answers: ${JSON.stringify(this.text)}`)
      await this.#woken()
    }
  }

  async closed(): Promise<RawAnswer[]> {
    while (!this.socket.closed) await this.#woken()
    return readAnswers(this.text)
  }

  destroy(): void {
    this.socket.destroy()
  }

  [Symbol.dispose](): void {
    this.destroy()
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Reads the whole answers at the beginning of a text; informational ones (1xx) have no body. */
export function readAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return answers
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
    )
    const length = Number(headers.get('content-length') ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) return answers
    answers.push({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers, body })
    rest = rest.slice(end + 4 + length)
  }
}
