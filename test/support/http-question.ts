// A request as tests write it down.

/** Query or form fields; a list is sent as a repeated field. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface HttpQuestion {
  readonly method?: string
  readonly path?: string
  readonly query?: Fields
  readonly form?: Fields
  /** Sent as Basic. */
  readonly user?: readonly [name: string, password: string]
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** The value of an Authorization header. */
export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

/** Fields in the form encoding. */
export function encode(fields: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one as string]),
  )
  return new URLSearchParams(pairs).toString()
}
