// What a file may grow to: aliases make a few lines stand for billions of values, and each level of nesting costs stack in
// everything that later walks over the values.

/** More of them are one mistake, in a file that some program made. */
const MOST_FAULTS = 1_000

/** A real configuration has some ten levels. */
const DEEPEST = 100

/** So many values may stand behind aliases. docker_auth's YAML library allows about as many. */
const MOST_ALIASED = 500_000

/** Thrown where a file grows beyond what is read: the rest of it is not looked at. */
export class TooMuch extends Error {
  readonly offset: number
  readonly path: string

  constructor(offset: number, path: string, message: string) {
    super(message)
    this.name = 'TooMuch'
    this.offset = offset
    this.path = path
  }
}

interface Weight {
  /** How many values it holds, itself included, with what stands behind aliases counted as often as it is named. */
  readonly size: number
  /** How many levels of maps and lists. */
  readonly depth: number
}

const SCALAR: Weight = { size: 1, depth: 0 }

/** Keeps count of what has been read. A place is where to report, as offset and path. */
export class YamlLimits {
  readonly #weights = new WeakMap<object, Weight>()
  #aliased = 0

  /** @param level how many maps and lists are around the value. @throws TooMuch */
  nested(level: number, offset: number, path: string): void {
    if (level < DEEPEST) return
    throw new TooMuch(offset, path, `is nested deeper than ${DEEPEST} levels; write it flatter`)
  }

  /** @param count how many faults were found so far. @throws TooMuch */
  faults(count: number, offset: number, path: string): void {
    if (count >= MOST_FAULTS)
      throw new TooMuch(offset, path, 'too much is wrong to read on; mend what stands above')
  }

  /** Notes a map or list whose entries are complete. */
  weigh(value: object): void {
    let size = 1
    let depth = 0
    for (const held of Object.values(value)) {
      const weight = this.#weightOf(held)
      size += weight.size
      depth = Math.max(depth, weight.depth)
    }
    this.#weights.set(value, { size, depth: depth + 1 })
  }

  /** Notes that an alias stands for the value. @throws TooMuch */
  aliased(value: unknown, level: number, offset: number, path: string): void {
    const { size, depth } = this.#weightOf(value)
    this.nested(level + depth - 1, offset, path)
    this.#aliased += size
    if (this.#aliased <= MOST_ALIASED) return
    const message = `aliases make more than ${MOST_ALIASED.toLocaleString('en')} values of this file; write fewer`
    throw new TooMuch(offset, path, message)
  }

  #weightOf(value: unknown): Weight {
    return (typeof value === 'object' && value !== null && this.#weights.get(value)) || SCALAR
  }
}
