// What names a value in a container.

/** A typed name in the container. */
export type Token<T> = symbol & { readonly __holds?: T }
