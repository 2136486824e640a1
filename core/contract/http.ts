// HTTP as plugins speak it: kept connections, bounded answers.

/** How an HTTP client connects. Paths are as written in the configuration. */
export interface HttpClientOptions {
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string }
  /** Further tries when a connection could not be made (nothing was sent then). */
  readonly retries: number
  /** At most this many connections to one server (scheme, host name and port). */
  readonly connections: number
}

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

export interface HttpClients {
  open(options: HttpClientOptions): HttpClient
}
