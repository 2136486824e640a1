// The kinds of databases.

export const KINDS = ['postgres', 'mysql', 'sqlite'] as const
export type Kind = (typeof KINDS)[number]
