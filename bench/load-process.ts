// Sends one request after the other over some connections, for some time, and prints how many were answered. In a process of its own, so
// that the server's CPU time is the server's alone.
//   node load-process.ts URL HEADERS SECONDS CONNECTIONS
// `{n}` in the URL is another number in each request.
import { Client } from 'undici'

const [, , target = '', headers = '{}', seconds = '1', connections = '1'] = process.argv
const { origin } = new URL(target)
const path = target.slice(origin.length)
const [before, behind] = path.split('{n}') as [string, string?]
const given: Record<string, string> = JSON.parse(headers)
let number = 0
let answered = 0
const others = new Map<string, number>()
const until = performance.now() + Number(seconds) * 1_000

await Promise.all(Array.from({ length: Number(connections) }, oneByOne))
process.stdout.write(JSON.stringify({ answered, others: Object.fromEntries(others) }))

async function oneByOne(): Promise<void> {
  const client = new Client(origin)
  while (performance.now() < until) {
    const outcome = await answerOf(client)
    if (outcome === '200') answered += 1
    else others.set(outcome, (others.get(outcome) ?? 0) + 1)
  }
  await client.destroy()
}

/** @returns the status, or the code of what went wrong */
function answerOf(client: Client): Promise<string> {
  const path = behind === undefined ? before : `${before}${nextNumber()}${behind}`
  return new Promise((resolve) => {
    let status = ''
    client.dispatch(
      { path, method: 'GET', headers: given },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = String(code)
        },
        onResponseData() {},
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => resolve(error.message),
      },
    )
  })
}

/** Each once in a million, and not in their order. */
function nextNumber(): number {
  number += 1
  return (number * 7_919) % 1_000_003
}
