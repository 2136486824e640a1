import { expect } from 'chai'
import { expression } from '../../../core/plugin.ts'

const condition = expression({
  variables: {
    account: 'string',
    name: 'string',
    labels: 'map<string, list<string>>',
    actions: 'list<string>',
    client: { ip: 'string' },
    time: { now: 'google.protobuf.Timestamp' },
  },
  returns: 'bool',
})

function refusal(source: string): string {
  const { error } = condition.safeParse(source)
  return error?.issues[0]?.message ?? 'it compiles'
}

const FACTS = {
  account: 'ann',
  name: 'ann/app',
  labels: { group: ['admin', 'dev'], x: [] },
  actions: ['pull'],
  client: { ip: '192.0.2.1' },
}

describe('an expression that does not compile', () => {
  /** The remedy is the whole expression, and true of FACTS. */
  const whole: [string, string][] = [
    ['labels.group == "admin"', '"admin" in labels.group'],
    ["labels.group == 'admin'", "'admin' in labels.group"],
    ['labels["group"] == "admin"', '"admin" in labels["group"]'],
    ['"admin" == labels.group', '"admin" in labels.group'],
    ['labels.group != "guest"', '!("guest" in labels.group)'],
    ['actions == "pull"', '"pull" in actions'],
    ['labels.group.contains("dev")', '"dev" in labels.group'],
    ['labels.group.startsWith("adm")', 'labels.group.exists(value, value.startsWith("adm"))'],
    ['labels.group.matches("^ad")', 'labels.group.exists(value, value.matches("^ad"))'],
    ['labels.group in ["admin"]', 'labels.group.exists(value, value in ["admin"])'],
    ['"nn" in account', 'account.contains("nn")'],
  ]
  for (const [wrong, right] of whole) {
    it(`is told what to write: ${wrong}`, () => {
      expect(refusal(wrong))
        .to.match(/^not a valid CEL expression: /)
        .and.to.satisfy((text: string) => text.endsWith(`; write ${right}`))
      expect(condition.parse(right).evaluate(FACTS)).to.equal(true)
    })
  }

  it('is told so of the part that is wrong', () => {
    expect(refusal('account != "" && labels.group == "admin" || labels.x == "b"')).to.match(
      /; write "admin" in labels\.group$/,
    )
  })

  const others: [wrong: string, hint: string, right: string][] = [
    ['account = "ann"', 'write == to compare', 'account == "ann"'],
    ['account == "ann" and name != ""', 'write && for and', 'account == "ann" && name != ""'],
    ['account == "x" OR name != ""', 'write || for OR', 'account == "x" || name != ""'],
    ['account == "ann" & name != ""', 'write && for and', 'account == "ann" && name != ""'],
    ['account == “ann”', 'write straight quotes: "..."', 'account == "ann"'],
    ['account.lower() == "ann"', 'did you mean lowerAscii()?', 'account.lowerAscii() == "ann"'],
    ['account.startswith("a")', 'did you mean startsWith()?', 'account.startsWith("a")'],
    ['account.includes("n")', 'did you mean contains()?', 'account.contains("n")'],
    ['account.length() == 3', 'did you mean size()?', 'account.size() == 3'],
    ['acount == "ann"', 'did you mean "account"?', 'account == "ann"'],
    ['user == "ann"', 'did you mean account?', 'account == "ann"'],
    ['"dev" in groups', 'did you mean labels.groups?', '"dev" in labels.group'],
    ['ip == "192.0.2.1"', 'did you mean client.ip?', 'client.ip == "192.0.2.1"'],
    ['account == ann', 'a text needs quotes: "ann"', 'account == "ann"'],
  ]
  for (const [wrong, hint, right] of others) {
    it(`is told ${hint} of ${wrong}`, () => {
      expect(refusal(wrong)).to.satisfy((text: string) => text.endsWith(hint), refusal(wrong))
      expect(condition.parse(right).evaluate(FACTS)).to.equal(true)
    })
  }
})
