import HealthModel
import TLSFindings

/// The JSON of one check.
///
/// Keys are snake_case, instants RFC 3339, durations seconds; a key whose value is not known is
/// absent.
struct CheckDocument: Encodable {
    struct HTTP: Encodable {
        var status: Int
        var version: String
        var redirects: Int
        var contentLengthBytes: Int64?
        var bodyBytes: Int
        var url: String
    }

    struct Phases: Encodable {
        var resolve: Double
        var connect: Double
        var tls: Double
        var processing: Double
        var transfer: Double
        var total: Double
    }

    struct ChainCertificate: Encodable {
        var subject: String
        var issuer: String
        var serialNumber: String
        var fingerprintSha256: String
        var names: [String]
        var nameCount: Int
        var notBefore: String
        var notAfter: String
        var key: String
        var signatureAlgorithm: String

        init(_ certificate: Certificate) {
            subject = certificate.subject
            issuer = certificate.issuer
            serialNumber = certificate.serialNumber
            fingerprintSha256 = certificate.fingerprintSHA256
            names = certificate.names
            nameCount = certificate.nameCount
            notBefore = certificate.notBefore.rfc3339
            notAfter = certificate.notAfter.rfc3339
            key = certificate.key
            signatureAlgorithm = certificate.signatureAlgorithm
        }
    }

    struct ChainError: Encodable {
        var depth: Int
        var code: String
    }

    struct TLS: Encodable {
        var version: String?
        var cipherSuite: String?
        var group: String?
        var alpn: String?
        var ocspStapled: Bool
        /// What the stapled OCSP response says: none, good, revoked, stale, unknown or invalid.
        var staple: String
        /// What revocation lists say of each certificate of the path but the last.
        var revocation: [String]
        var verdict: String
        var nameMatches: Bool?
        var errors: [ChainError]
        var chainSent: [ChainCertificate]
        var chainBuilt: [ChainCertificate]
        var notBefore: String?
        var notAfter: String?
        var earliestNotAfterSent: String?
        var earliestNotAfterVerified: String?
        var lifetimeLeftRatio: Double?
        /// When the certificate on the path should be renewed; absent without a certificate.
        var renewal: Renewal?
        var findings: [FindingDocument]
        /// Grades by edition of the NCSC's guideline, then by what is graded.
        var ncsc: [String: Grades]

        struct Renewal: Encodable {
            var expectedAt: String
            /// `warning`, `critical` or `page`; absent while renewal is not late.
            var level: String?
            var nextLevel: String?
            var nextLevelAt: String?

            init?(_ certificate: Certificate, at now: Timestamp) {
                guard let outlook = RenewalOutlook([certificate], at: now) else { return nil }
                expectedAt = outlook.expectedAt.rfc3339
                level = outlook.level?.rawValue
                nextLevel = outlook.nextLevel?.rawValue
                nextLevelAt = outlook.nextLevelAt?.rfc3339
            }
        }

        struct Grades: Encodable {
            var overall: String?
            var version: String?
            var suite: String?
            var group: String?
            var signature: String?
            var key: String?
        }
    }

    struct Hop: Encodable {
        var url: String
        var address: String?
        var status: Int?
        var phasesSeconds: Phases
        var tls: TLS?
        /// The max-age of HSTS; absent when the answer has none that counts.
        var hstsSeconds: Int64?
    }

    /// The age of the trusted roots.
    struct TrustStore: Encodable {
        var datedAt: String
        /// `stated`, `packaged` or `modified`.
        var datedBy: String
        var isOld: Bool
    }

    var target: String
    var endpoint: String
    var outcome: String
    var reason: String?
    var detail: String?
    var finishedAt: String
    var address: String?
    var http: HTTP?
    var phasesSeconds: Phases
    var tls: TLS?
    /// Every connection in order, the endpoint's own first.
    var hops: [Hop]
    /// Absent when not known, when the endpoint names its own roots, or without TLS.
    var trustStore: TrustStore?
    /// What the server accepts; absent when it was not asked.
    var scan: TLSScanReport.Document?

    init(_ report: CheckReport) {
        let result = report.result
        target = report.endpoint.url.description
        endpoint = report.endpoint.id.text
        outcome = result.isSuccess ? "success" : "failure"
        reason = result.reason?.rawValue
        detail = result.detail.isEmpty ? nil : result.detail
        finishedAt = result.finishedAt.rfc3339
        address = result.address?.text
        http = result.http.map { answer in
            HTTP(
                status: answer.status, version: answer.version, redirects: answer.redirects,
                contentLengthBytes: answer.contentLengthBytes, bodyBytes: answer.bodyBytes,
                url: answer.url)
        }
        phasesSeconds = Phases(result.phases)
        tls = result.tls.map { TLS($0, now: result.finishedAt) }
        hops = result.hops.map { hop in
            Hop(
                url: hop.url, address: hop.address?.text, status: hop.status,
                phasesSeconds: Phases(hop.phases),
                tls: hop.tls.map { TLS($0, now: result.finishedAt) }, hstsSeconds: hop.hstsSeconds)
        }
        scan = report.scan?.document
        trustStore = report.trustStoreDate.flatMap { date in
            guard result.tls != nil else { return nil }
            return TrustStore(
                datedAt: date.instant.rfc3339, datedBy: date.source.rawValue,
                isOld: date.isOld(at: result.finishedAt))
        }
    }
}

extension CheckDocument.Phases {
    init(_ phases: PhaseDurations) {
        self.init(
            resolve: Double(phases.resolveMicroseconds) / 1e6,
            connect: Double(phases.connectMicroseconds) / 1e6,
            tls: Double(phases.tlsMicroseconds) / 1e6,
            processing: Double(phases.processingMicroseconds) / 1e6,
            transfer: Double(phases.transferMicroseconds) / 1e6,
            total: Double(phases.totalMicroseconds) / 1e6)
    }
}

extension CheckDocument.TLS {
    init(_ record: TLSRecord, now: Timestamp) {
        version = record.version
        cipherSuite = record.cipherSuite
        group = record.group
        alpn = record.alpn
        ocspStapled = record.isOCSPStapled
        staple = record.staple.rawValue
        revocation = record.revocation.map(\.rawValue)
        verdict = record.chainSent.isEmpty ? "none" : record.verdict?.rawValue ?? "trusted"
        nameMatches = record.isNameMatching
        errors = record.errors.map { CheckDocument.ChainError(depth: $0.depth, code: $0.code) }
        chainSent = record.chainSent.map(CheckDocument.ChainCertificate.init)
        chainBuilt = record.chainBuilt.map(CheckDocument.ChainCertificate.init)
        notBefore = record.leaf?.notBefore.rfc3339
        notAfter = record.leaf?.notAfter.rfc3339
        earliestNotAfterSent = record.earliestNotAfterSent?.rfc3339
        earliestNotAfterVerified = record.earliestNotAfterVerified?.rfc3339
        lifetimeLeftRatio = record.runsOutFirst?.lifetimeLeft(at: now)
        renewal = record.runsOutFirst.flatMap { Renewal($0, at: now) }
        findings = record.findings(at: now).map(FindingDocument.init)
        ncsc = [:]
        for edition in NCSCGrade.Edition.allCases {
            let report = NCSCReport(record, edition: edition)
            ncsc[edition.rawValue] = Grades(
                overall: report.overall?.rawValue, version: report.version?.rawValue,
                suite: report.suite?.rawValue, group: report.group?.rawValue,
                signature: report.signature?.rawValue, key: report.key?.rawValue)
        }
    }
}
