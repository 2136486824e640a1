// Globs with labels in them: is there a choice of label values for which the glob matches? The places that a match can
// have reached are carried along atom by atom, so that the work grows with the sum of the values, not their product.

import type { Steps } from '../contract/steps.ts'
import type { GlobAtom } from './glob.ts'
import { isDeep, matchesSlash, reach, toMatcher } from './glob-match.ts'

/** One text or glob that a slot may stand for. */
export type Option = readonly GlobAtom[]

/**
 * Whether some choice of options matches the whole name; a slot stands for the same option everywhere.
 *
 * @param options for each slot number
 */
export function* searchGlob(
  atoms: readonly GlobAtom[],
  options: readonly (readonly Option[])[],
  name: string,
): Steps<boolean> {
  // A class that matches "/" makes Go's first fit differ from any fit: each choice is then checked by itself.
  const byChoice =
    !isDeep(atoms) &&
    (atoms.some(matchesSlash) || options.some((list) => list.some((option) => option.some(matchesSlash))))
  const bound: (Option | undefined)[] = options.map(() => undefined)

  const binds = options.map(
    (_, slot) => byChoice || atoms.filter((atom) => atom.kind === 'slot' && atom.slot === slot).length > 1,
  )

  function* walk(index: number, places: readonly number[]): Steps<boolean> {
    let reached = places
    for (let at = index; at < atoms.length && reached.length > 0; at += 1) {
      const atom = atoms[at]!
      if (atom.kind !== 'slot') {
        yield priceOf(reached)
        reached = reach([atom], name, reached)
        continue
      }
      const { slot } = atom
      const chosen = bound[slot]
      if (chosen) reached = reach(chosen, name, reached)
      else if (binds[slot]) {
        for (const option of options[slot]!) {
          yield priceOf(reached)
          const to = reach(option, name, reached)
          if (to.length === 0) continue
          bound[slot] = option
          if (yield* walk(at + 1, to)) return true
        }
        bound[slot] = undefined
        return false
      } else reached = yield* reachAny(options[slot]!, name, reached)
    }
    return reached.at(-1) === name.length && (!byChoice || toMatcher(written(atoms, bound))(name))
  }

  return yield* walk(0, [0])
}

/** What it costs to go on from so many places, by one atom or by one option. */
function priceOf(places: readonly number[]): number {
  return 1 + Math.ceil(places.length / PLACES_A_STEP)
}

const PLACES_A_STEP = 16

function* reachAny(options: readonly Option[], name: string, places: readonly number[]): Steps<number[]> {
  const seen = new Uint8Array(name.length + 1)
  for (const option of options) {
    yield priceOf(places)
    const text = textOnly(option)
    if (text === undefined) {
      for (const place of reach(option, name, places)) seen[place] = 1
    } else {
      for (const place of places) if (name.startsWith(text, place)) seen[place + text.length] = 1
    }
  }
  const reached: number[] = []
  seen.forEach((mark, place) => {
    if (mark === 1) reached.push(place)
  })
  return reached
}

/** The text of an option that is just text: nearly all are. */
function textOnly([first, second]: Option): string | undefined {
  return second === undefined && first?.kind === 'text' ? first.text : undefined
}

/** The atoms with the chosen options in the slots' places. */
function written(atoms: readonly GlobAtom[], bound: readonly (Option | undefined)[]): GlobAtom[] {
  return atoms.flatMap((atom) => (atom.kind === 'slot' ? bound[atom.slot]! : atom))
}
