// The secrets of docker_auth's form, which stand in it written out: in the native form they are files of their own, or variables
// of the environment. Those that have a place already keep it.
import { resolve } from 'node:path'
import { Secret } from '../plugin.ts'
import { readSecret, type SecretSource } from '../yaml/yaml-secret.ts'

/** How a secret is written in a configuration. */
export interface SecretPlace {
  readonly tag: '!env' | '!file'
  /** The variable, or the path. */
  readonly name: string
}

/** A secret that gets a place. */
export interface PlannedSecret extends SecretPlace {
  readonly secret: Secret
  /** Where it stood in the source: a path of keys. */
  readonly from: string
}

/** One that could not be read, and why. */
export interface UnreadSecret {
  readonly place: SecretPlace
  readonly message: string
}

/** Where new secrets go: files in a folder, or variables. */
export type NewPlace = { readonly folder: string } | 'variables'

export class Secrets {
  readonly planned: PlannedSecret[] = []
  readonly #known = new Map<string, Secret>()
  readonly #places = new Map<Secret, SecretPlace>()
  readonly #unread = new Map<string, UnreadSecret>()
  readonly #newPlace: NewPlace

  constructor(newPlace: NewPlace) {
    this.#newPlace = newPlace
  }

  /** Reads what a file names; what can't be read here is another text for each. */
  readonly read: SecretSource = (tag, text, base) => {
    const place = { tag, name: tag === '!file' ? resolve(base, text) : text } as SecretPlace
    const key = `${tag} ${place.name}`
    const known = this.#known.get(key) ?? this.#readAnew(place, key)
    this.#known.set(key, known)
    this.#places.set(known, place)
    return known
  }

  get unread(): UnreadSecret[] {
    return [...this.#unread.values()]
  }

  /** Where it was read from, or has been put. A path is absolute. */
  placeOf(secret: Secret): SecretPlace | undefined {
    return this.#places.get(secret)
  }

  /**
   * Gives a place to a secret that has none.
   *
   * @param words what it is for: `['github_auth', 'client_secret']`
   * @param from where it stood
   */
  place(secret: Secret, words: readonly string[], from: string): SecretPlace {
    const same = this.planned.find((other) => other.from === from && other.secret.equals(secret))
    if (same) return same
    const place = this.#free(words)
    this.planned.push({ ...place, secret, from })
    this.#known.set(`${place.tag} ${place.name}`, secret)
    this.#places.set(secret, place)
    return place
  }

  #free(words: readonly string[]): SecretPlace {
    const parts = words.map((word) => word.replace(/\W+/g, '_'))
    for (let count = 1; ; count += 1) {
      const end = count === 1 ? '' : `_${count}`
      const name = `${parts.join('_')}${end}`
      const place: SecretPlace =
        this.#newPlace === 'variables'
          ? { tag: '!env', name: name.toUpperCase() }
          : { tag: '!file', name: resolve(this.#newPlace.folder, name) }
      if (!this.planned.some((other) => other.name === place.name)) return place
    }
  }

  #readAnew(place: SecretPlace, key: string): Secret {
    try {
      return readSecret(place.tag, place.name, '.')
    } catch (error) {
      this.#unread.set(key, { place, message: (error as Error).message })
      return new Secret(`${key} could not be read`)
    }
  }
}

/** What a file holds from which a secret is read: one newline at its end does not count. */
export function fileContentOf(secret: Secret): string {
  const text = secret.reveal()
  // Together with the newline it would be left out.
  return text.endsWith('\r') ? text : `${text}\n`
}
