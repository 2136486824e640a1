// All that a plugin imports of core, by the name dockwarden/plugin: the contract, the two engines, and what plugins share.
export { z } from 'zod'
export { actionsSeen } from './acl/actions.ts'
export { oneOf } from './acl/alternatives.ts'
export { type Facts as AclFacts, FIELDS as ACL_FIELDS } from './acl/facts.ts'
export { compileGlob } from './acl/glob-match.ts'
export { contains, type IpAddress, type Network, parseAddress, parseNetwork } from './acl/ip.ts'
export { decideByRules, explainByRules, whoByRules } from './acl/outcome.ts'
export type { AclProblem, Rule as AclRule } from './acl/rule.ts'
export {
  type AclDecision,
  checkRules,
  checkRulesInSlices,
  compileRules,
  compileRulesInSlices,
  type RuleSet,
} from './acl/ruleset.ts'
export { deriveLabels, type Expression, evaluateIfThere, expression, MissingField } from './cel/expression.ts'
export { faultOfAccount, isAccountName, isUserName } from './contract/account.ts'
export type { Cache, CacheKey, CacheOptions } from './contract/cache.ts'
export { createToken, type GivenToken, type Token } from './contract/container-token.ts'
export {
  type Candidate,
  type Candidates,
  type Explained,
  explained,
  type KnownAccount,
  type ListedRule,
  type ListedRules,
  type Why,
} from './contract/explain.ts'
export type {
  FilePlace,
  Files,
  Host,
  Passwords,
  Program,
  ProgramOptions,
  ProgramResult,
  Programs,
  Remark,
  State,
  Surroundings,
  Watch,
  Watched,
  YamlContent,
  YamlFiles,
} from './contract/host.ts'
export type {
  HttpClient,
  HttpClientOptions,
  HttpClients,
  HttpRequest,
  HttpResponse,
  JsonRequestOptions,
} from './contract/http.ts'
export type { JsonValue } from './contract/json.ts'
export { type Labels, mergeLabels, NO_LABELS, toLabels } from './contract/labels.ts'
export type { Clock, Log } from './contract/log.ts'
export type { MaybePromise } from './contract/maybe-promise.ts'
export type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  MetricLabels,
  MetricOptions,
  Metrics,
} from './contract/metrics.ts'
export {
  type OAuthClient,
  type OAuthClients,
  type OAuthGrant,
  type OAuthOptions,
  OAuthRefused,
} from './contract/oauth.ts'
export {
  type AuthnOutcome,
  type AuthzOutcome,
  accept,
  deny,
  grant,
  NotRenewable,
  pass,
  reject,
  type Session,
} from './contract/outcomes.ts'
export {
  Busy,
  type Need,
  type Place,
  type PlaceOptions,
  type Places,
  type Release,
} from './contract/places.ts'
export {
  type Authenticator,
  type Authorizer,
  definePlugin,
  type Held,
  type Labeler,
  type PluginDefinition,
  type PluginKind,
  type PluginKinds,
} from './contract/plugin.ts'
export type {
  CertificateAlternativeNames,
  CertificateName,
  Client,
  ClientCertificate,
  Credentials,
  Identity,
  RequestScope,
  ResourceRequest,
} from './contract/request.ts'
export {
  CLAIMS,
  CLIENT,
  type Claims,
  IDENTITY,
  LABELS,
  TOKEN_REQUEST,
  type TokenRequestFacts,
} from './contract/request-values.ts'
export type { RouteHandler, RouteMethod, RouteVisit } from './contract/routes.ts'
export { Secret } from './contract/secret.ts'
export type { Needed, ProvidedToken } from './contract/sharing.ts'
export type {
  RedirectUrl,
  Routes,
  SignIn,
  SignInAnswer,
  SignInAttempt,
  SignInStart,
} from './contract/sign-in.ts'
export { atOnce, inSlices, type Steps, TooMuchWork, type Work } from './contract/steps.ts'
export type { Store } from './contract/store.ts'
export { nearest, suggest } from './contract/suggest.ts'
export { isPrivate } from './kit/addresses.ts'
export { backendLabels } from './kit/backend-labels.ts'
export { withDriver } from './kit/drivers.ts'
export {
  type Condition,
  firstCondition,
  HTTP_ANSWER_VARIABLES,
  type HttpAnswer,
  readHttpAnswer,
} from './kit/http-answer.ts'
export {
  basicAuthorization,
  connectionOptions,
  type HeaderTemplates,
  headerTemplates,
  UnusableValue,
  type UrlTemplate,
  urlTemplate,
} from './kit/http-templates.ts'
export { type JsonTemplate, jsonTemplate } from './kit/json-template.ts'
export { type Kept, keep } from './kit/kept.ts'
export { makePassword } from './kit/made-password.ts'
export { maskSecret } from './kit/masking.ts'
export { misplaced } from './kit/misplaced.ts'
export { networkReason } from './kit/network-errors.ts'
export {
  duration,
  isPasswordHash,
  labels,
  mapOf,
  missingOr,
  programOptions,
  secret,
  tlsFiles,
} from './kit/options.ts'
export {
  type Credential,
  passwordAuthenticator,
  type StoredAccount,
  type Unhashed,
} from './kit/password-authenticator.ts'
export { type PasswordFile, parsePasswordFile } from './kit/password-file.ts'
export { filePath } from './kit/paths.ts'
export { withPlaceholders } from './kit/placeholders.ts'
export { variableIn } from './kit/plain-secrets.ts'
export { type ApiAnswer, readApi } from './kit/provider-api.ts'
export {
  type ProviderAccount,
  type ProviderCall,
  type ProviderSignIn,
  signInAuthenticator,
} from './kit/provider-sign-in.ts'
export { shownJson } from './kit/shown-json.ts'
export {
  type IdentityRules,
  identify,
  providerUrl,
  redirectUrl,
  type SignInDefaults,
  serverUrl,
  signInOptions,
  warnIfOpen,
} from './kit/sign-in-options.ts'
export {
  compileStored,
  type EntryNote,
  entryComment,
  type StoredEntries,
  type StoredRules,
  storedRulesAuthorizer,
} from './kit/stored-rules.ts'
export { secretTemplate, type Template, template, templates } from './kit/template.ts'
export { readTlsFiles } from './kit/tls-files.ts'
export { untilAborted } from './kit/until-aborted.ts'
