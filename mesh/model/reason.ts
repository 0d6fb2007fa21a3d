/**
 * Reason codes: one stable word for each refusal, the same in log line, metric label, trace attribute and
 * `isthmus help <code>`. Keep the table sorted by area; a code never changes its meaning.
 */
export const REASONS = {
  // names and manifests
  invalid_name:
    'A name is not a DNS label (RFC 1123): 1-63 of a-z, 0-9 and -, starting and ending alphanumeric.',
  invalid_manifest:
    'A manifest has a field that is missing, of the wrong type or out of range. The last good state stays.',
  invalid_yaml: 'A file is not YAML, or uses more aliases or bytes than allowed. The last good state stays.',
  unsupported_kind: 'A manifest has an apiVersion and kind that Isthmus does not read.',
  duplicate_manifest:
    'Two manifests state the same kind, namespace and name. The first one by file name stays.',
  not_found: 'The named thing does not exist here.',

  // trust
  invalid_certificate: 'A certificate cannot be parsed, or breaks a rule of the SPIFFE X509-SVID standard.',
  certificate_expired:
    'A certificate is past its notAfter. Check that the issuer renews it and that clocks agree.',
  certificate_not_yet_valid:
    'A certificate is before its notBefore: this clock is behind, or the issuer’s is ahead.',
  trust_domain_mismatch: 'The peer proved an identity of another cluster than the one expected on this link.',
  identity_mismatch: 'The peer proved a valid identity, but not one that may serve or use this service.',
  protocol_mismatch:
    'The peer speaks an older TLS than 1.3, or none of the application protocols (ALPN) of this link.',
  cluster_evicted: 'The peer’s cluster certificate has been withdrawn from the mesh by evict or leave.',
  bundle_missing: 'There is no trust bundle, so no new peer can be verified. Existing connections are kept.',
  bundle_invalid: 'A trust bundle is not signed by the mesh root, or is older than the one held.',
  invalid_csr:
    'A certificate signing request cannot be parsed, is not signed by its own key, or its key is not P-256.',

  // joining
  token_invalid: 'The join token is not one that this cluster issued, or has been altered.',
  token_expired: 'The join token is past its expiry. Make a new one: isthmus token create.',
  token_used: 'The join token has been used. A token works once. Make a new one: isthmus token create.',
  token_wrong_cluster: 'The join token is for another cluster name.',
  root_fingerprint_mismatch:
    'The gateway answered with another root than the token names: somebody is in the middle, or the mesh was made anew.',
  cluster_name_taken: 'Another member already has this cluster name. Evict it first, or choose another name.',
  enrolment_refused: 'A workload asked for an identity that its enrolment token does not allow.',
  not_founder: 'Only the founder, which holds the root key, can do this.',

  // exchange
  origin_mismatch:
    'A peer made a statement about another cluster than its own. The statement is dropped and audited.',
  schema_violation: 'A peer sent a message that breaks the schema of the exchange. The entry is dropped.',
  quota_exceeded: 'A peer sent more entries, or larger ones, than its quota allows.',
  address_refused: 'A peer offered a loopback, link-local, multicast, unspecified or metadata address.',
  snapshot_held:
    'A snapshot drops more than half of a peer’s services: held until confirmed by a second one or by isthmus forget.',
  stale_epoch: 'A peer sent state of an older epoch or version than the one held.',
  link_down: 'No exchange stream with this peer. Its catalog is kept and marked stale.',
  import_conflict: 'Clusters export the same service with different fields; the oldest export wins.',
  namespace_absent:
    'The service is not imported because its namespace does not exist here, or is a system namespace.',

  // gateway
  hello_malformed: 'The first bytes are not a TLS ClientHello.',
  hello_too_large: 'The ClientHello is over 16 KiB.',
  hello_timeout: 'No complete ClientHello within 5 s of the connection.',
  hello_half_open_cap: 'Too many unfinished handshakes from one source, or in all.',
  sni_absent: 'The ClientHello has no server name.',
  sni_invalid: 'The server name is not <route-id>.<cluster>.<mesh> in DNS form.',
  route_unknown: 'No exported service has this route id. Default deny.',
  connection_cap: 'The proxy is at its limit of open connections.',
  draining: 'The proxy is shutting down and asked its clients to move.',

  // data path
  no_endpoint: 'No cluster offers an endpoint of this service.',
  no_healthy_endpoint: 'Every endpoint of this service is unhealthy and none answered.',
  connect_failed: 'The endpoint or gateway refused or dropped the connection.',
  connect_timeout: 'The connection was not established in time.',
  upstream_reset: 'The connection ended before a complete response.',
  upstream_silent:
    'Nothing at all came back for longer than the usual first-byte time, so the request was hedged elsewhere.',
  upstream_timeout: 'No response in time, and no try left.',
  upstream_protocol: 'The response is not valid HTTP/1.1.',
  retry_budget_exhausted: 'The request could have been retried, but the retry budget is spent.',
  overflow_shed:
    'The failover policy caps what the remaining clusters may take over; this request was over the cap.',
  access_denied: 'An AccessPolicy denies this source, or allows others only.',
  frame_invalid:
    'A sidecar broke the rules of the streams that share its connection (isthmus-streams/1); the connection was cut.',
  policy_closed:
    'An AccessPolicy that selects this service cannot be parsed, so everything is denied until it is mended.',
  capture_loop:
    'A captured connection was going to the capture port itself, or nobody knows where: passed on, it would come back.',
  misdirected: 'Server name, certificate and Host do not name the same service (421).',
  service_unknown: 'The Host or destination names no service of this mesh.',
  request_malformed: 'The request is not valid HTTP/1.1 (RFC 9112), or is ambiguous.',
  request_too_large: 'The request head is over the limit.',
  request_timeout: 'The client did not finish its request head in time.',
  client_closed: 'The client went away before the response was complete.',
  application_unreachable: 'The sidecar cannot reach its application on the local port.',

  // Kubernetes
  invalid_service_type:
    'A Service of type ExternalName has no endpoints of its own, so it cannot be exported.',
  api_refused:
    'The API server refused a request: no permission, a missing object, or an admission check. Its words say which.',
  api_conflict: 'Somebody else changed the object at the same time, or owns the field (server-side apply).',

  // programs
  config_invalid: 'The configuration of this program has a field that is missing or wrong.',
  already_exists: 'The thing to be created exists already.',
  io_failed: 'A file or socket of this machine could not be used.',
  unavailable: 'The program that answers this is not running or not reachable.',
} as const;

export type ReasonCode = keyof typeof REASONS;
