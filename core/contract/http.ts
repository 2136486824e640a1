// HTTP as plugins speak it: kept connections, bounded answers.

import type { z } from 'zod'

/** How an HTTP client connects. Paths are as written in the configuration. */
export interface HttpClientOptions {
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string }
  /**
   * Whether the proxies of the environment are used: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Undefined: for https, and not for http.
   * localhost and loopback addresses are always asked directly.
   */
  readonly proxy?: 'env' | 'none' | undefined
  /** URLs of the servers that will be asked, as far as they are known: the start tells which proxy is used for them. */
  readonly origins?: readonly string[]
  /** Further tries when a connection could not be made (nothing was sent then). */
  readonly retries: number
  /** At most this many connections to one server (scheme, host name and port). */
  readonly connections: number
}

/** A request as it goes out. */
export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** An answer, read whole (at most 1 MiB, else `send` rejects). Redirects are not followed. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends requests over kept connections. Errors name the host, never the headers or the body. */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}

/** How `json` asks. */
export interface JsonRequestOptions {
  /** The call's own `request.signal`, or that of a task. */
  readonly signal: AbortSignal
  /** Default: GET, or POST with a body. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** `host.http`: how a plugin asks services over HTTP. */
export interface HttpClients {
  /** A client of the instance's own, with own certificates and connections; close it in `close`. */
  open(options: HttpClientOptions): HttpClient
  /**
   * Asks for JSON, over connections that all instances share.
   *
   * @param schema what the answer must be; what it holds besides is up to the schema
   * @throws Error that names the host for everything else: not reached, no answer in time, another status than 2xx, no JSON, another
   *   shape. Never what was sent or answered
   * @example const { groups } = await host.http.json(url, z.object({ groups: z.array(z.string()) }), { signal: request.signal })
   */
  json<S extends z.ZodType>(url: string, schema: S, options: JsonRequestOptions): Promise<z.output<S>>
}
