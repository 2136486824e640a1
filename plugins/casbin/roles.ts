// Roles: what `g` lines make an account a member of. casbin's own manager searches the roles anew for each line of a
// policy, and keeps whatever domain a client names.

/** The longest way from a member to a role, as in casbin. */
const MOST_STEPS_UP = 10

/** Who is a member of what, by domain; undefined = of the roles without domains. */
export class Roles {
  readonly #parents = new Map<string | undefined, Map<string, string[]>>()
  /** What the last member that was asked about is, by domain: one question asks for the same again and again. */
  #last: { member: string; domain: string | undefined; roles: ReadonlySet<string> } | undefined

  readonly #searched: (found: number) => void

  /** @param searched told of each search, and how many roles it found */
  constructor(searched: (found: number) => void) {
    this.#searched = searched
  }

  add(member: string, role: string, domain?: string): void {
    let parents = this.#parents.get(domain)
    if (!parents) {
      parents = new Map()
      this.#parents.set(domain, parents)
    }
    const held = parents.get(member)
    if (held) held.push(role)
    else parents.set(member, [role])
  }

  /** Whether a member has a role, over other roles too; everybody is what has their own name. */
  has(member: string, role: string, domain?: string): boolean {
    return this.#rolesOf(member, domain).has(role)
  }

  /** The roles, and the member itself. */
  #rolesOf(member: string, domain: string | undefined): ReadonlySet<string> {
    if (this.#last?.member === member && this.#last.domain === domain) return this.#last.roles
    const parents = this.#parents.get(domain)
    const roles = new Set([member])
    let reached = [member]
    for (let step = 0; step < MOST_STEPS_UP && reached.length > 0; step += 1) {
      const next: string[] = []
      for (const one of reached) {
        for (const role of parents?.get(one) ?? []) {
          if (roles.has(role)) continue
          roles.add(role)
          next.push(role)
        }
      }
      reached = next
    }
    this.#searched(roles.size)
    this.#last = { member, domain, roles }
    return roles
  }
}
