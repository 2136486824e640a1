// What never changes of a token, as text.
//
// Labels are written as pairs: as keys of an object, V8's JSON.parse reads some names with escapes as others (nodejs/node
// issue 63785), and a token must not come back with labels that it was not given.
import type { KeptToken } from './token-store.ts'

type Fixed = Omit<KeptToken, 'used' | 'until' | 'session' | 'revoked'>

export function toText({ labels, ...others }: Fixed): string {
  return JSON.stringify({ ...others, labels: Object.entries(labels) })
}

export function fromText(text: string): Fixed {
  const fixed = JSON.parse(text)
  fixed.labels = Object.fromEntries(fixed.labels)
  return fixed
}

/**
 * Makes a token of what is kept under an id.
 *
 * @throws Error that names the id and the remedy, and holds nothing of what is kept
 */
export function legible<T>(id: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new Error(`what is kept of the token ${id} can't be read; end it: dockwarden token revoke ${id}`)
  }
}
