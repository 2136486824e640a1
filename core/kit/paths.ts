// Which options name files, so that one that is relative can be written for another folder.
import { z } from 'zod'

/** `file`: a path. `program`: a path when there is a slash in it, else a name to look up in PATH. */
export interface PathMark {
  readonly path: 'file' | 'program'
}

export const PATHS = z.registry<PathMark>()

/**
 * Says of an option that it is a path, relative to the configuration's folder.
 *
 * @example certificate: filePath(z.string()).optional()
 */
export function filePath<S extends z.ZodType>(schema: S, path: PathMark['path'] = 'file'): S {
  PATHS.add(schema, { path })
  return schema
}
