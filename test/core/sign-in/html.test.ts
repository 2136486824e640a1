import { expect } from 'chai'
import fc from 'fast-check'
import { html, trusted } from '../../../core/sign-in/html.ts'
import { HOSTILE_PIECES, skeleton, unescaped } from './skeleton.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...HOSTILE_PIECES)).map((pieces) => pieces.join('')),
)

describe('the HTML template', () => {
  it('escapes a text, between tags and in an attribute', () => {
    const text = `<b title='x'>&"`
    expect(html`<p title="${text}">${text}</p>`.toString()).to.equal(
      '<p title="&lt;b title=&#39;x&#39;&gt;&amp;&quot;">&lt;b title=&#39;x&#39;&gt;&amp;&quot;</p>',
    )
  })

  it('puts in as it is what a template made', () => {
    const inner = html`<b>${'<'}</b>`
    expect(html`<p>${inner}</p>`.toString()).to.equal('<p><b>&lt;</b></p>')
  })

  it('joins arrays, nested ones too, and escapes what is in them', () => {
    const items = ['a', html`<i>b</i>`, ['<', 1]]
    expect(html`<p>${items}</p>`.toString()).to.equal('<p>a<i>b</i>&lt;1</p>')
  })

  it('leaves nothing for false and undefined, and a zero for 0', () => {
    expect(html`<p>${false}${undefined}${0}${''}</p>`.toString()).to.equal('<p>0</p>')
  })

  it('takes a constant as it is when told that it is trusted', () => {
    expect(html`<style>${trusted('a > b {}')}</style>`.toString()).to.equal('<style>a > b {}</style>')
  })

  it('refuses a value in an attribute without quotes', () => {
    expect(() => html`<p title=${'a'}>`).to.throw(TypeError, 'put quotes around')
    expect(() => html`<p title= ${'a'}>`).to.throw(TypeError, 'put quotes around')
  })

  it('is not fooled by an object with a toString of its own', () => {
    const forged = { toString: () => '<script>' } as unknown as string
    expect(() => html`<p>${forged}</p>`).to.throw(TypeError)
  })

  it('keeps the structure and the text, whatever the text is', () => {
    const build = (text: string) => html`<p title="${text}">${text}<i>${[text, text]}</i></p>`.toString()
    const expected = skeleton(build(''))
    fc.assert(
      fc.property(hostile, (text) => {
        const built = build(text)
        expect(skeleton(built)).to.deep.equal(expected)
        const [, title, first, both] = /^<p title="([^"]*)">([^<]*)<i>([^<]*)<\/i><\/p>$/.exec(built)!
        expect([title, first, both].map((part) => unescaped(part!))).to.deep.equal([text, text, text + text])
      }),
    )
  })
})
