// The thread that signs: batches of texts come in, their signatures in base64url go out in the same order.
import { type KeyObject, sign } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { SignatureAlgorithm } from './algorithms.ts'
import { SCHEMES } from './schemes.ts'

/** What a thread is started with. */
export interface SigningTask {
  readonly key: KeyObject
  readonly alg: SignatureAlgorithm
}

const { key, alg } = workerData as SigningTask
const { digest, options } = SCHEMES[alg]
const keyAndOptions = { key, ...options }

parentPort!.on('message', (texts: readonly string[]) => {
  parentPort!.postMessage(
    texts.map((text) => sign(digest, Buffer.from(text), keyAndOptions).toString('base64url')),
  )
})
