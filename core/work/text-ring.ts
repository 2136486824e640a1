// Texts that are kept for seconds, of which most are never asked for, as bytes outside of V8's heap. In the heap they would outlive their
// generation, to be marked and swept among what stays: at ten thousand a second, that costs more than to write them down.

/** Before each record: the sizes of its name and of its value, in bytes. */
const HEADER = 8
/** A character takes so many bytes at the most. */
const WIDEST = 3
/** Records are found by so many different hashes. */
const PLACES = 8192
const NOWHERE = Number.NEGATIVE_INFINITY

/** Texts by names; what comes is written over what came first. Of two names in the same place the first is forgotten. */
export class TextRing {
  readonly #size: number
  #bytes: Buffer | undefined
  /** Where the record of each place begins, in bytes since the first one. */
  readonly #starts = new Float64Array(PLACES).fill(NOWHERE)
  /** Where the next one does. */
  #end = 0

  /** @param size of all records, in bytes */
  constructor(size: number) {
    this.#size = size
  }

  /** @param hash of the name, an integer */
  get(name: string, hash: number): string | undefined {
    const start = this.#starts[placeOf(hash)]!
    const bytes = this.#bytes
    // Written over.
    if (!bytes || this.#end - start > this.#size) return undefined
    const at = start % this.#size
    const value = at + HEADER + bytes.readInt32LE(at)
    if (bytes.toString('utf8', at + HEADER, value) !== name) return undefined
    return bytes.toString('utf8', value, value + bytes.readInt32LE(at + 4))
  }

  /** What is larger than all that may be kept is not. @param hash of the name, an integer */
  put(name: string, hash: number, value: string): void {
    const most = HEADER + WIDEST * (name.length + value.length)
    if (most > this.#size) return
    this.#bytes ??= Buffer.allocUnsafeSlow(this.#size)
    const left = this.#size - (this.#end % this.#size)
    if (left < most) this.#end += left
    const at = this.#end % this.#size
    const ofName = this.#bytes.write(name, at + HEADER)
    const ofValue = this.#bytes.write(value, at + HEADER + ofName)
    this.#bytes.writeInt32LE(ofName, at)
    this.#bytes.writeInt32LE(ofValue, at + 4)
    this.#starts[placeOf(hash)] = this.#end
    this.#end += HEADER + ofName + ofValue
  }

  clear(): void {
    this.#starts.fill(NOWHERE)
  }
}

function placeOf(hash: number): number {
  return hash & (PLACES - 1)
}
