// Ways to find rules: what of a request is looked at, and which keys it has there. A rule that can match has one of them.
import type { Facts, Field } from './facts.ts'
import { labelValues } from './facts.ts'
import { type IpAddress, parseAddress } from './ip.ts'

/** Which facts a rule fixes. `name`: whole, or so many characters that it begins with. */
export interface ShapeFacts {
  readonly account: boolean
  readonly type: boolean
  readonly service: boolean
  readonly name: 'whole' | number
}

/** Where in a text so many characters are looked at. */
export type Part = { readonly at: 'begin' | 'end' | 'within'; readonly length: number }

/** What rules of one kind are found by. */
export type Way =
  | { readonly by: 'facts'; readonly fixed: ShapeFacts }
  | { readonly by: 'field'; readonly field: Field; readonly part: Part }
  | { readonly by: 'label'; readonly label: string; readonly part: Part | 'whole' }
  | { readonly by: 'labels' }
  | { readonly by: 'network'; readonly bytes: number; readonly bits: number }

/** The same for the same way. */
export function nameOfWay(way: Way): string {
  switch (way.by) {
    case 'facts': {
      const { account, type, service, name } = way.fixed
      return `facts ${account} ${type} ${service} ${name}`
    }
    case 'field':
      return `${way.field} ${way.part.at} ${way.part.length}`
    case 'label':
      return `label ${way.part === 'whole' ? way.part : `${way.part.at} ${way.part.length}`} ${way.label}`
    case 'labels':
      return 'labels'
    case 'network':
      return `network ${way.bytes} ${way.bits}`
  }
}

/** A request, and what is read of it once for all rules. */
export class Asked {
  readonly facts: Facts
  #address: IpAddress | undefined | null = null

  constructor(facts: Facts) {
    this.facts = facts
  }

  get address(): IpAddress | undefined {
    if (this.#address === null)
      this.#address = this.facts.ip === undefined ? undefined : parseAddress(this.facts.ip)
    return this.#address
  }
}

/** The keys of a request; several rules may stand under each, and different requests may have the same one: the rules are asked anyway. */
export type KeysOf = (asked: Asked) => readonly string[]

const NO_KEYS: readonly string[] = []

/** Makes what gives the keys of a request for a way. */
export function keysFor(way: Way): KeysOf {
  switch (way.by) {
    case 'facts': {
      const keyOf = keyMaker(way.fixed)
      return ({ facts }) => only(keyOf(facts))
    }
    case 'field':
      return ({ facts }) => partsOf(facts[way.field], way.part)
    case 'label':
      return ({ facts }) => ofLabel(labelValues(facts.labels, way.label), way.part)
    case 'labels':
      return ({ facts }) => Object.keys(facts.labels)
    case 'network':
      return ({ address }) => (address?.length === way.bytes ? [networkKey(address, way.bits)] : NO_KEYS)
  }
}

function only(key: string | undefined): readonly string[] {
  return key === undefined ? NO_KEYS : [key]
}

/** The parts of a text that have the length. */
function partsOf(text: string, { at, length }: Part): readonly string[] {
  if (text.length < length) return NO_KEYS
  if (at === 'begin') return [text.slice(0, length)]
  if (at === 'end') return [text.slice(text.length - length)]
  return Array.from({ length: text.length - length + 1 }, (_, start) => text.slice(start, start + length))
}

function ofLabel(values: readonly string[] | undefined, part: Part | 'whole'): readonly string[] {
  if (values === undefined || part === 'whole') return values ?? NO_KEYS
  return values.flatMap((value) => partsOf(value, part))
}

/** The bits of an address that a network fixes. */
export function networkKey(address: IpAddress, bits: number): string {
  const whole = bits >> 3
  const rest = bits & 7
  const bytes = address.slice(0, whole)
  if (rest > 0) bytes.push(address[whole]! >> (8 - rest))
  return bytes.join('.')
}

type KeyOf = (facts: Readonly<Record<Field, string>>) => string | undefined

/** Gives the facts' key for a shape; undefined = no rule of it can match. */
export function keyMaker({ account, type, service, name }: ShapeFacts): KeyOf {
  return (facts) => {
    if (name !== 'whole' && facts.name.length < name) return undefined
    return joined(
      account ? facts.account : undefined,
      type ? facts.type : undefined,
      service ? facts.service : undefined,
      name === 'whole' ? facts.name : facts.name.slice(0, name),
    )
  }
}

/** A key of a shape. */
export function joined(account = '', type = '', service = '', name = ''): string {
  return `${account}\n${type}\n${service}\n${name}`
}
