// The clients of a soak: they log in, rightly and wrongly, keep refresh tokens and use them; each answer is judged.
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, addressOf, ask, type Question } from '../client.ts'
import { PASSWORD } from '../people.ts'
import type { Faults, Part } from './faults.ts'
import type { Random } from './random.ts'
import { ACCOUNTS, type Account, type World } from './world.ts'

type Node = World['nodes'][number]

const CLIENTS = 8
const PAUSE = 100
/** How many each store gets; then no more are asked for. */
const MOST_TOKENS = 3_000

/** A refresh token that a client was given. */
interface Held {
  readonly token: string
  readonly account: Account
  /** Whether several nodes share the store that keeps it. */
  readonly shared: boolean
}

/** What was counted. The texts are what must not be. */
export class Ledger {
  readonly held: Held[] = []
  readonly wrong: string[] = []
  readonly unexplained: string[] = []
  readonly counts = new Map<string, number>()

  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}

export class Customers {
  readonly ledger = new Ledger()
  readonly #world: World
  readonly #faults: Faults
  readonly #random: Random

  constructor(world: World, faults: Faults, random: Random) {
    this.#world = world
    this.#faults = faults
    this.#random = random
  }

  /** @param until milliseconds since the epoch */
  async run(until: number): Promise<void> {
    const one = async (client: number) => {
      while (Date.now() < until) {
        await this.#act(addressOf(client))
        await delay(PAUSE)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)))
  }

  /** Uses every refresh token that was ever given. @returns what became of those that are lost */
  async redeemAll(): Promise<string[]> {
    const lost: string[] = []
    const rest = this.ledger.held.values()
    const some = async (from: string) => {
      // All take from one iterator.
      for (const held of rest) {
        const answer = await ask(this.#redemption(this.#nodeFor(held.shared), held.token, from))
        const fault = answer.status === 200 ? await this.#judge(answer, held.account) : reasonOf(answer)
        if (fault) lost.push(`${held.account}, ${held.shared ? 'Redis' : 'embedded'}: ${fault}`)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => some(addressOf(client))))
    return lost
  }

  async #act(from: string): Promise<void> {
    const { held } = this.ledger
    switch (this.#random.below(5)) {
      case 0:
        return this.#wrong(from)
      case 1:
        return held.length > 0 ? this.#redeem(from, this.#random.of(held)) : undefined
      case 2:
        return this.#keep(from)
      default:
        return this.#login(from)
    }
  }

  async #login(from: string): Promise<void> {
    const node = this.#random.of(this.#world.nodes)
    const account = this.#random.of(ACCOUNTS)
    const answer = await ask(this.#question(node, from, [account, PASSWORD]))
    this.ledger.count(`login ${answer.status}`)
    if (answer.status === 200) await this.#mustBeRight(answer, account)
    else this.#mustBeExplained(answer, needsOf(node, account), `login of ${account} at ${node.name}`)
  }

  async #wrong(from: string): Promise<void> {
    const node = this.#random.of(this.#world.nodes)
    const account = this.#random.of(ACCOUNTS)
    // From anywhere: the guard would turn away whoever logs in from the same address.
    const elsewhere = `127.${100 + this.#random.below(100)}.${this.#random.below(250)}.${1 + this.#random.below(250)}`
    const guess = `wrong ${this.#random.below(1_000_000)}`
    const asToken = this.#random.below(4) === 0
    const answer = await ask(
      asToken
        ? this.#redemption(node, `dwr_${guess.replace(' ', '')}`, from)
        : this.#question(node, elsewhere, [account, guess]),
    )
    this.ledger.count(`wrong ${answer.status}`)
    if (answer.status === 200)
      this.ledger.wrong.push(`${asToken ? 'a made-up token' : 'a wrong password'} was taken`)
    if (answer.status === 0 || answer.status >= 500)
      this.#mustBeExplained(answer, [...needsOf(node, account), storeOf(node)], `wrong proof at ${node.name}`)
  }

  async #keep(from: string): Promise<void> {
    const node = this.#random.of(this.#world.nodes)
    const shared = node.name !== 'embedded'
    if (this.ledger.held.filter((one) => one.shared === shared).length >= MOST_TOKENS) return
    const account = this.#random.of(ACCOUNTS)
    const question = this.#question(node, from, [account, PASSWORD])
    const answer = await ask({ ...question, query: { ...question.query, offline_token: 'true' } })
    this.ledger.count(`offline ${answer.status}`)
    const needs = [...needsOf(node, account), storeOf(node)]
    if (answer.status !== 200) return this.#mustBeExplained(answer, needs, `offline login at ${node.name}`)
    await this.#mustBeRight(answer, account)
    const { refresh_token: token } = JSON.parse(answer.text)
    if (typeof token === 'string') this.ledger.held.push({ token, account, shared })
  }

  async #redeem(from: string, { token, account, shared }: Held): Promise<void> {
    const node = this.#nodeFor(shared)
    const answer = await ask(this.#redemption(node, token, from))
    this.ledger.count(`refresh ${answer.status}`)
    if (answer.status === 200) return this.#mustBeRight(answer, account)
    const what = `refresh token of ${account} at ${node.name}`
    // Whatever is wrong with a server: it must not say that the token is.
    if (answer.status > 0 && answer.status < 500) this.ledger.wrong.push(`${what}: ${reasonOf(answer)}`)
    else this.#mustBeExplained(answer, [...needsOf(node, account), storeOf(node)], what)
  }

  #nodeFor(shared: boolean): Node {
    const [embedded, ...others] = this.#world.nodes
    return shared ? this.#random.of(others) : embedded
  }

  /** Asks for one's own and for somebody else's. */
  #question({ port }: Node, from: string, user: readonly [string, string]): Question {
    const scope = [`repository:${user[0]}/app:pull,push`, 'repository:nobody/app:pull']
    return { port, from, user, query: { service: 'registry', scope } }
  }

  #redemption({ port }: Node, token: string, from: string): Question {
    const scope = ACCOUNTS.map((account) => `repository:${account}/app:pull,push`).join(' ')
    return {
      port,
      from,
      form: { grant_type: 'refresh_token', refresh_token: token, service: 'registry', scope },
    }
  }

  #judge(answer: Answer, account: Account): Promise<string | undefined> {
    return this.#world.judge(answer, { account, access: [`repository:${account}/app:pull,push`] })
  }

  async #mustBeRight(answer: Answer, account: Account): Promise<void> {
    const fault = await this.#judge(answer, account)
    if (fault) this.ledger.wrong.push(fault)
  }

  /** A right proof that was not taken, or an answer that nobody could give. */
  #mustBeExplained(answer: Answer, needs: readonly Part[], what: string): void {
    const verdict = answer.status === 401 || answer.status === 403
    if (verdict) this.ledger.wrong.push(`${what}: ${reasonOf(answer)}`)
    else if (!this.#faults.explain(needs, answer.at, answer.at + answer.ms))
      this.ledger.unexplained.push(`${what} at ${new Date(answer.at).toISOString()}: ${reasonOf(answer)}`)
  }
}

/** In the order of the authenticators: who stands behind one that is down can't be asked about. */
function needsOf(node: Node, account: Account): Part[] {
  if (account === 'static') return [node.name]
  return account === 'row' ? [node.name, 'postgres'] : [node.name, 'postgres', 'slapd']
}

const storeOf = (node: Node): Part => (node.name === 'embedded' ? 'disk' : 'redis')

const reasonOf = ({ status, text }: Answer) => `${status || 'none'} ${text.slice(0, 160)}`
