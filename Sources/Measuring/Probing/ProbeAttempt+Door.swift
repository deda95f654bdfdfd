import CCurl
import HealthModel
import TLSInspection

/// Endpoints without HTTP: the way to TLS and the handshake are all that is probed.
///
/// The phases are those of HTTP in another order: `processing` is the conversation in plain text
/// and comes before `tls`; `transfer` is the wait for what the server thinks of our certificate.
extension ProbeAttempt {
    /// Connects, starts TLS and says goodbye.
    func openDoor(at address: NetworkAddress, port: UInt16) {
        guard let capture, let doors = context.doors else {
            return endLater(.monitorNoMemory, "")
        }
        let name = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        let connection = TLSConnection(
            loop: context.loop, timekeeper: context.timekeeper, context: doors.context,
            request: TLSConnection.Request(
                address: address, port: port,
                serverName: AddressText.isAddress(name) ? nil : name,
                door: StartTLSDialogue.Door(url.scheme)),
            capture: capture,
            onProgress: { [unowned self] progress in
                self.enter(progress == .talking ? .processing : .transfer)
            }, onFinish: { [unowned self] outcome in self.finished(outcome) })
        self.connection = connection
        connection.start()
    }

    private func finished(_ outcome: TLSConnection.Outcome) {
        switch outcome {
        case .secured: secured()
        case .refused(let reason, let detail): end(reason, detail)
        case .failed(let socketErrorNumber, let systemErrorNumber):
            let failure = failure(
                socketErrorNumber: socketErrorNumber, systemErrorNumber: systemErrorNumber)
            let (reason, detail) = failure.reason
            endUnlessBadCertificate(reason, detail)
        }
    }

    /// Judges a connection whose handshake has finished.
    func secured() {
        guard let capture else { return end(.monitorError, "") }
        if capture.record.verdict != nil { return endUnlessBadCertificate(.monitorError, "") }
        // A TLS 1.3 server says only after the handshake what it thinks of our certificate.
        if capture.isClientCertificateRequested, capture.alertReceived != nil {
            let (reason, detail) = failure(socketErrorNumber: 0, systemErrorNumber: 0).reason
            return end(reason, detail)
        }
        let total = Duration.microseconds(
            (context.timekeeper.monotonicNanoseconds() - startedAt) / 1000)
        if let maximum = endpoint.probe.assertions.maximumDuration, total > maximum {
            return end(.tooSlow, "\(total.shortText), more than \(maximum.shortText)")
        }
        end(nil, "")
    }

    private func failure(
        socketErrorNumber: CInt, systemErrorNumber: CInt
    ) -> TransferFailure {
        TransferFailure(
            code: CURLE_SSL_CONNECT_ERROR, phase: phase == .connect ? .connect : .tls,
            socketErrorNumber: socketErrorNumber, systemErrorNumber: systemErrorNumber,
            hasRoute: address.map { AddressText.hasRoute(to: $0.text) } ?? true,
            alertReceived: capture?.alertReceived,
            isClientCertificateRequested: capture?.isClientCertificateRequested ?? false,
            isClientCertificateAtHand: capture?.clientIdentity != nil,
            tlsReasonNumber: capture?.failureReasonNumber ?? 0)
    }
}
