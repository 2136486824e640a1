import { generateKeyPairSync, verify } from 'node:crypto'
import { expect } from 'chai'
import { SigningPool } from '../../../core/keys/signing-pool.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe('the signing threads', () => {
  it('give every one of a thousand texts its own signature', async () => {
    const pool = new SigningPool({ key: privateKey, alg: 'ES256' })
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`)
    const signatures = await Promise.all(texts.map((text) => pool.sign(text)))
    for (const [index, signature] of signatures.entries()) {
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      expect(verify('sha256', Buffer.from(texts[index]!), key, Buffer.from(signature, 'base64url'))).to.equal(
        true,
      )
    }
    await pool.close()
  })

  it('reject what is not signed yet when they end, and start again for the next text', async () => {
    const pool = new SigningPool({ key: privateKey, alg: 'ES256' })
    await pool.sign('warm')
    // So many that the thread is at work for a while: it must not be done with them before it is ended.
    const texts = Array.from({ length: 10_000 }, (_, index) => `late ${index}`)
    const pending = texts.map((text) => pool.sign(text).catch((error: Error) => error))
    await new Promise(setImmediate)
    await pool.close()
    for (const error of await Promise.all(pending)) expect(error).to.match(/the signing thread ended/)
    expect(await pool.sign('next')).to.be.a('string')
    await pool.close()
  })

  it('can start before there is a text', async () => {
    let started = 0
    const count = () => {
      started += 1
    }
    process.on('worker', count)
    const pool = new SigningPool({ key: privateKey, alg: 'ES256' })
    pool.warm()
    pool.warm()
    // The event comes with the next tick.
    await new Promise(setImmediate)
    expect(started).to.equal(1)
    await pool.sign('text')
    process.off('worker', count)
    expect(started).to.equal(1)
    await pool.close()
  })

  it('reject with the cause when the key can’t sign', async () => {
    const pool = new SigningPool({ key: publicKey, alg: 'ES256' })
    const error = await pool.sign('text').catch((fault: Error) => fault)
    expect(error).to.match(/the signing thread ended/)
    expect((error as Error).cause).to.be.instanceOf(Error)
  })
})
