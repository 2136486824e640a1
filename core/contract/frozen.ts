// What one plugin gets must not be changed by it for the next: it is frozen where it is made. And what a plugin gives is copied
// when it comes: it may change later, or show each reader something else.

/**
 * Freezes plain objects, arrays, maps and sets, all the way down. What has a behaviour of its own (a Secret, a function, an
 * instance of a class) stays as it is.
 *
 * @returns the same value
 * @example deepFreeze({ users: new Map([['ann', { groups: ['dev'] }]]) })
 */
export function deepFreeze<T>(value: T): T {
  freezeAll(value, new Set())
  return value
}

/** @param seen what has been frozen: values may stand in several places, or hold each other */
function freezeAll(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set) {
    for (const held of value instanceof Map ? [...value].flat() : value) freezeAll(held, seen)
    closeCollection(value)
  } else if (isPlain(value)) {
    for (const held of Object.values(value)) freezeAll(held, seen)
    Object.freeze(value)
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}

/** Object.freeze leaves a map's entries open: they are no properties. */
function closeCollection(collection: Map<unknown, unknown> | Set<unknown>): void {
  if (Object.isFrozen(collection)) return
  const refuse = () => {
    throw new TypeError('what the host hands out is frozen; copy it before you change it')
  }
  for (const method of ['set', 'add', 'delete', 'clear']) {
    if (method in collection) Object.defineProperty(collection, method, { value: refuse })
  }
  Object.freeze(collection)
}

/** A list of more texts is a mistake, no answer. */
const MOST_TEXTS = 100_000

/**
 * Copies a list of texts, of which each is read once.
 *
 * @returns a frozen copy; undefined for what is no list of texts, or one of more than 100,000
 */
export function frozenTexts(list: unknown): readonly string[] | undefined {
  if (!Array.isArray(list)) return undefined
  const length = Number(list.length)
  if (!(length <= MOST_TEXTS)) return undefined
  const texts: string[] = []
  for (let index = 0; index < length; index += 1) {
    const text: unknown = list[index]
    if (typeof text !== 'string') return undefined
    texts.push(text)
  }
  return Object.freeze(texts)
}
