// Files that the configuration names, resolved against one base folder.
import { resolve } from 'node:path'
import { decodeText } from '../kit/text.ts'
import { decodeBesideComments, decodePem, loadDecoded, readDecoded } from '../kit/text-files.ts'
import type { Files } from '../plugin.ts'
import { watchFiles } from './file-watch.ts'

/** How often the files that plugins watch are looked at, in milliseconds: whoever changes them waits for it. */
const PLUGIN_FILES_INTERVAL = 2_000

/**
 * @param base the folder that relative paths start from: the config file's, or the working directory for docker_auth's form
 * @param watchInterval milliseconds
 */
export function createFiles(base: string, watchInterval = PLUGIN_FILES_INTERVAL): Files {
  return {
    resolve: (path) => resolve(base, path),
    read: (path, comments) =>
      readDecoded(resolve(base, path), comments === undefined ? decodeText : decodeBesideComments),
    load: (path, comments) =>
      loadDecoded(resolve(base, path), comments === undefined ? decodeText : decodeBesideComments),
    readPem: (path) => readDecoded(resolve(base, path), decodePem),
    watch: (watched, log) => watchFiles([watched], log, watchInterval),
  }
}
