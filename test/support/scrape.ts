// What Prometheus reads of a test's server.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:https'
import { text } from 'node:stream/consumers'
import { findProgram } from './debian.ts'
import type { TestInstance } from './server.ts'

/** All series of an exposition, as they stand there: `name{label="value"}` to the value. */
export class Scrape {
  readonly text: string
  readonly series = new Map<string, number>()

  constructor(text: string) {
    this.text = text
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      const end = line.lastIndexOf(' ')
      this.series.set(line.slice(0, end), Number(line.slice(end + 1)))
    }
  }

  /** The names of the metrics, with their types. */
  get types(): ReadonlyMap<string, string> {
    return new Map([...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
  }

  /** The sum of the series whose name and labels hold all these texts. */
  sum(name: string, ...labels: readonly string[]): number {
    return [...this.series]
      .filter(([key]) => key.replace(/\{.*/, '') === name && labels.every((label) => key.includes(label)))
      .reduce((sum, [, value]) => sum + value, 0)
  }

  /** The series of a metric. */
  of(name: string): string[] {
    return [...this.series.keys()].filter((key) => key.replace(/\{.*/, '') === name)
  }
}

/** Where the metrics of a test's server are. */
export function metricsUrl({ server }: Pick<TestInstance, 'server'>): string {
  return `${server.metrics!.address}/metrics`
}

/** Reads the metrics of a test's server. @throws Error when it does not give them */
export async function scrape(server: Pick<TestInstance, 'server'>): Promise<Scrape> {
  const answer = await fetch(metricsUrl(server))
  if (answer.status !== 200) throw new Error(`the metrics answer ${answer.status}`)
  return new Scrape(await answer.text())
}

/** The same over TLS. @param ca PEM text of a certificate for localhost */
export async function scrapeOver(server: Pick<TestInstance, 'server'>, ca: string): Promise<Scrape> {
  const request = get(metricsUrl(server), { ca, servername: 'localhost', agent: false })
  const [response] = await once(request, 'response')
  if (response.statusCode !== 200) throw new Error(`the metrics answer ${response.statusCode}`)
  return new Scrape(await text(response))
}

/** What promtool has to say about an exposition: nothing. The suite must say `needs('promtool')`. */
export function lint(exposition: string): string {
  const { stdout, stderr } = spawnSync(findProgram('promtool')!, ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`
}
