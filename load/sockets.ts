// Connections below HTTP: clients that say nothing, or little, or keep what they have.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Opens a connection and says nothing. Undefined when it can't be opened, or is closed at once. */
export async function openSocket(port: number, from: string): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  // The server ends it, or breaks it; both are what a client must expect.
  socket.on('error', () => {}).resume()
  const [opened] = await Promise.race([
    once(socket, 'connect').then(() => [true]),
    once(socket, 'close').then(() => [false]),
  ])
  return opened ? socket : undefined
}

/** Opens many, a hundred at a time. @param from the address of the connection with this number */
export async function openMany(
  count: number,
  port: number,
  from: (nth: number) => string,
): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let begun = 0; begun < count; begun += 100) {
    const some = Array.from({ length: Math.min(100, count - begun) }, (_, n) =>
      openSocket(port, from(begun + n)),
    )
    sockets.push(...(await Promise.all(some)).filter((socket) => socket !== undefined))
  }
  return sockets
}

/** How many of them are open. */
export const stillOpen = (sockets: readonly Socket[]) => sockets.filter(({ destroyed }) => !destroyed).length
