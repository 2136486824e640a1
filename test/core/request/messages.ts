// Requests to the token endpoint, without a connection: as Node's parser leaves them.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Context } from 'koa'
import { parse, type Read, type TokenRequest } from '../../../core/request/parse.ts'

const LIMITS = { scopes: 3, body: 1_000 }
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** @param body a form; undefined = a GET */
export function messageOf(
  query: string,
  body?: string,
  headers: Record<string, string> = {},
): IncomingMessage {
  const message = new IncomingMessage(new Socket())
  const all = {
    host: 'localhost',
    ...(body !== undefined && {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    }),
    ...headers,
  }
  message.headers = all
  message.rawHeaders = Object.entries(all).flat()
  Object.assign(message, {
    method: body === undefined ? 'GET' : 'POST',
    url: `/auth?${query}`,
    httpVersion: '1.1',
  })
  if (body !== undefined) message.push(body)
  message.push(null)
  return message
}

/** Begins to parse a request from 192.0.2.1. @param body a form; undefined = a GET */
export function beginParse(
  query: string,
  body?: string,
  headers?: Record<string, string>,
): { req: IncomingMessage; read: Read; parsed: Promise<TokenRequest> } {
  const req = messageOf(query, body, headers)
  const { method, url } = req
  const get = (name: string) => req.headers[name] ?? ''
  const read: Read = {}
  const context = { req, method, url, get } as unknown as Context
  return { req, read, parsed: parse(context, '192.0.2.1', LIMITS, undefined, read) }
}

export const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
