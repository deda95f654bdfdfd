import HealthModel

extension HealthMetrics {
    /// Adds a gauge with one sample for each endpoint that has shown a certificate.
    private func writeCertificates(
        _ name: String, help: String, to text: inout PrometheusText,
        _ value: (CertificateFacts) -> SampleValue?
    ) {
        text.openFamily(name, .gauge, help: help)
        for row in endpoints {
            guard let certificate = row.certificate, let value = value(certificate) else {
                continue
            }
            text.addSample(row.labels, value)
        }
    }

    /// Adds an information family: the value is 1 and the facts are labels.
    private func writeRecordLabels(
        _ name: String, help: String, to text: inout PrometheusText,
        _ labels: (TLSRecord) -> LabelSet?
    ) {
        text.openFamily(name, .gauge, help: help)
        for row in endpoints {
            guard let tls = row.tls, let labels = labels(tls) else { continue }
            text.addSample(row.labels, labels, .integer(1))
        }
    }

    /// The certificate families.
    ///
    /// They hold what was seen last, so they stay while the endpoint is down or its certificate is
    /// bad, when they are needed most.
    func writeTLS(to text: inout PrometheusText) {
        writeChain(to: &text)
        writeRecordLabels(
            "probe_tls_version_info", help: "The TLS version of the last handshake.", to: &text
        ) { $0.version.map { LabelSet("version", spelledAsInGo(version: $0)) } }
        writeRecordLabels(
            "probe_tls_cipher_info", help: "The TLS cipher suite of the last handshake.", to: &text
        ) { $0.cipherSuite.map { LabelSet("cipher", $0) } }
        writeRecordLabels(
            "vitaal_tls_group_info", help: "The key exchange group of the last handshake.",
            to: &text
        ) { $0.group.map { LabelSet("group", $0) } }
        writeVerdict(to: &text)
        writeHops(to: &text)
        writeRenewal(to: &text)
        writeScans(to: &text)
    }

    /// One sample for each redirect hop, `0` first: at most one more than `Limits.redirects`.
    private func writeHops(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_tls_hop_not_after_timestamp_seconds", .gauge,
            help: "When the first of the certificates that a redirect hop sent runs out; hop 0 is "
                + "the endpoint itself.")
        for row in endpoints {
            for hop in row.hops {
                guard let instant = hop.certificate.earliestNotAfterSent else { continue }
                text.addSample(row.labels, hop.label, .timestamp(instant))
            }
        }
        text.openFamily(
            "vitaal_tls_hop_trusted", .gauge,
            help: "1 when the certificate of a redirect hop is trusted, 0 when not.")
        for row in endpoints {
            for hop in row.hops {
                text.addSample(row.labels, hop.label, .flag(hop.certificate.isTrusted))
            }
        }
    }

    private func writeChain(to text: inout PrometheusText) {
        writeCertificates(
            "probe_ssl_earliest_cert_expiry",
            help: "When the first of the certificates sent runs out, trusted or not, over all "
                + "redirect hops.", to: &text
        ) { $0.earliestNotAfterSent.map { .timestamp($0) } }
        writeCertificates(
            "probe_ssl_last_chain_expiry_timestamp_seconds",
            help: "When the first certificate of the trusted path runs out; 0 without such a path.",
            to: &text
        ) { $0.earliestNotAfterVerified.map { .timestamp($0) } ?? .integer(0) }
        writeRecordLabels(
            "probe_ssl_last_chain_info", help: "The leaf certificate.", to: &text
        ) { tls in
            tls.leaf.map { leaf in
                LabelSet([
                    "fingerprint_sha256": leaf.fingerprintSHA256, "subject": leaf.subject,
                    "issuer": leaf.issuer,
                    "subjectalternative": leaf.names.joined(separator: ","),
                    "serialnumber": leaf.serialNumber,
                ])
            }
        }
        writeCertificates(
            "vitaal_tls_certificate_not_after_timestamp_seconds",
            help: "When the leaf certificate runs out.", to: &text
        ) { .timestamp($0.notAfter) }
        writeCertificates(
            "vitaal_tls_certificate_not_before_timestamp_seconds",
            help: "When the leaf certificate became valid.", to: &text
        ) { .timestamp($0.notBefore) }
        writeCertificates(
            "vitaal_tls_certificate_lifetime_left_ratio",
            help: "Share of the lifetime left of the certificate on the path of any redirect hop "
                + "that runs out first: 1 when new, negative when it has run out.", to: &text
        ) { .double($0.lifetimeLeft) }
    }

    private func writeVerdict(to text: inout PrometheusText) {
        writeCertificates(
            "vitaal_tls_trusted", help: "1 when the certificate seen last is trusted, 0 when not.",
            to: &text
        ) { .flag($0.isTrusted) }
        writeRecordLabels(
            "vitaal_tls_revocation_status",
            help: "What revocation lists say of the path seen last, by the certificate of which "
                + "they say the worst.", to: &text
        ) { $0.worstRevocation.map { LabelSet("status", $0.rawValue) } }
        writeRecordLabels(
            "vitaal_tls_staple_status", help: "What the OCSP response stapled last says.",
            to: &text
        ) { LabelSet("status", $0.staple.rawValue) }
        text.openFamily(
            "vitaal_tls_verification_error", .gauge,
            help: "1 for each verification error of the chain seen last; depth 0 is the leaf.")
        for row in endpoints {
            var written: Set<LabelSet> = []
            for error in row.tls?.errors ?? [] {
                let labels = LabelSet(["depth": "\(error.depth)", "code": error.code])
                // OpenSSL may report one error twice; a scrape with a sample twice is refused.
                if written.insert(labels).inserted {
                    text.addSample(row.labels, labels, .integer(1))
                }
            }
        }
    }
}

/// OpenSSL's name of a TLS version as Go, and so blackbox_exporter, writes it.
private func spelledAsInGo(version: String) -> String {
    switch version {
    case "TLSv1": "TLS 1.0"
    case "SSLv3": "SSL 3.0"
    default: version.hasPrefix("TLSv") ? "TLS " + version.dropFirst(4) : version
    }
}
