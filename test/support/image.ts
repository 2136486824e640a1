// A small OCI image on disk, for clients to push.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/**
 * Writes an OCI image layout with one layer of random content.
 *
 * @param folder made when missing; clients name it `oci:FOLDER:latest`
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function writeImage(folder: string): void {
  const blobs = join(folder, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const blob = (content: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(content).digest('hex')
    writeFileSync(join(blobs, hex), content)
    return { mediaType, digest: `sha256:${hex}`, size: content.length }
  }
  const json = (value: object, mediaType: string) => blob(Buffer.from(JSON.stringify(value)), mediaType)

  const tar = tarOf('content', randomBytes(64))
  const layer = blob(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip')
  const diff = `sha256:${createHash('sha256').update(tar).digest('hex')}`
  const config = json(
    { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diff] }, config: {} },
    'application/vnd.oci.image.config.v1+json',
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = json({ schemaVersion: 2, mediaType, config, layers: [layer] }, mediaType)
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  )
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

/** A tar archive of one file (ustar). */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0ustar\x0000', 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}
