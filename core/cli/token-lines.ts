// How `dockwarden token list` shows tokens: for people, or as JSON. Lines go out one by one: there may be a million.
import type { KeptToken } from '../store/token-store.ts'
import { printable } from './table.ts'

/** Takes the tokens of a list, one after the other. */
export interface TokenLines {
  /** @param over why the token is good for nothing any more */
  add(token: KeptToken, over: string | undefined): void
  end(): void
}

interface Target {
  write(text: string): unknown
}

/** One JSON array with an object for each token; times are ISO 8601, and neither digest nor session are shown. */
export function jsonOf(target: Target): TokenLines {
  let separator = '['
  return {
    add({ digest: _, session, revoked, ...shown }, over) {
      const times = Object.fromEntries(
        TIMES.map((name) => [name, isoTime(shown[name])]).filter(([, time]) => time !== undefined),
      )
      target.write(`${separator}${JSON.stringify({ ...shown, ...times, ...(over && { over }) })}`)
      separator = ',\n'
    },
    end: () => void target.write(separator === '[' ? '[]\n' : ']\n'),
  }
}

const TIMES = ['created', 'used', 'expires', 'until'] as const

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}

const HEAD = ['ID', 'KIND', 'ACCOUNT', 'AUTHENTICATOR', 'FOR', 'CREATED', 'USED', 'ENDS']

/** A table: one line a token, columns as wide as most names need. */
export function tableOf(target: Target): TokenLines {
  const line = (cells: readonly string[]) => void target.write(`${aligned(cells.map(printable))}\n`)
  line(HEAD)
  return {
    add(token, over) {
      const { id, kind, account, authenticator, allow, used, created, until } = token
      const use = [token.name ?? token.client, token.service, allow?.join(' ')].filter(Boolean).join(' ')
      line([
        id,
        kind,
        account,
        authenticator ?? '(robot)',
        use || '-',
        day(created),
        used === undefined ? 'never' : day(used),
        over ?? (until === undefined ? 'never' : day(until)),
      ])
    },
    end() {},
  }
}

const WIDTHS = [20, 8, 28, 13, 28, 10, 10]

function aligned(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd()
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
