// What plugin authors test with, exported as dockwarden/testing.
export type {
  AcceptedCase,
  AuthenticationCase,
  ConformanceSuite,
  DecisionCase,
  InvalidCase,
  LabelingCase,
  RequestFacts,
  TestRunner,
} from './cases.ts'
export { conformance } from './conformance.ts'
export {
  keptLog,
  type LogLine,
  type Measured,
  type ProvidedByPlugin,
  type ProvidedValues,
  type TestHost,
  type TestRequest,
  type TestTask,
  testHost,
  testRequest,
} from './host.ts'
