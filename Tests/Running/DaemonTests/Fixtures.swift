import Alerting
import DurableStore
import Evidence
import Foundation
import Glibc
import HealthModel
import Inventory
import Ledger
import Probing
import Scheduling
import StatusServer
import Synchronization
import TLSInspection
import TestSupport
import Testing

@testable import Daemon

/// A monitor with a catalogue and rules in files, and everything it said.
final class Bench: Sendable {
    let directory: TemporaryDirectory
    let monitor: Monitor
    private let heard = Heard()

    /// Endpoints are at a port where nobody listens; their next slot is days away.
    init(services: [String], timekeeper: any Timekeeper = SystemTimekeeper()) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        try directory.write("alerts/rules.yml", Self.rules)
        try directory.write("probes/test.yml", Self.catalogue(services))
        let configuration = Self.configuration(directory)
        monitor = try Monitor(
            configuration: configuration, watch: configuration.loadWatch(),
            log: EvidenceLog(path: configuration.evidencePath),
            recorder: InventoryRecorder(dataDirectory: configuration.dataDirectory),
            store: DurableStore(directory: configuration.dataDirectory),
            ledger: Ledger(dataDirectory: configuration.dataDirectory),
            timekeeper: timekeeper,
            say: { [heard] line in heard.lines.withLock { $0.append(line) } })
    }

    private final class Heard: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// What was said so far.
    var lines: [String] { heard.lines.withLock { $0 } }

    /// The actions and objects in the evidence log.
    var evidence: [String] {
        directory.wholeLines(of: "evidence.jsonl").map { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let fields = object as? [String: Any] else { return "not JSON: \(line)" }
            return "\(fields["action"] ?? "") \(fields["object"] ?? "")"
        }
    }

    /// Starts with a real engine.
    func start() throws {
        let store = try Self.trustStore(in: directory)
        monitor.start(
            engine: try ProbeEngine(
                configuration: ProbeEngine.Configuration(
                    loops: 1, trustStore: store, userAgent: "vitaal-test", seed: 1),
                timekeeper: SystemTimekeeper(), sink: { [monitor] in monitor.deliver($0) }))
    }

    static func configuration(_ directory: TemporaryDirectory) -> DaemonConfiguration {
        DaemonConfiguration(
            probesDirectory: directory.path + "/probes",
            alertsDirectory: directory.path + "/alerts", dataDirectory: directory.path,
            listeningAddress: ListeningAddress(host: "127.0.0.1", port: 0), trustStorePath: "",
            userAgent: "vitaal-test", loops: 1, seed: 1)
    }

    static let rules = """
        rules:
          - id: unreachable
            when: {state: down}
            for: 0s
            level: page
            summary: {nl: '{service} is weg', en: '{service} is gone'}
        """

    static func catalogue(_ services: [String]) -> String {
        let entries = services.map { service in
            """
              - id: \(service)
                name: {nl: \(service), en: \(service)}
                owner: Owner
                tier: 1
                endpoints:
                  - {id: \(service)-www, url: 'http://127.0.0.1:1/', interval: 1d}
            """
        }
        return "about: Test.\nsector: test\nservices:\n" + entries.joined(separator: "\n")
    }

    /// A root that nothing leads to: the endpoints here speak plain HTTP.
    private static func trustStore(in directory: TemporaryDirectory) throws -> TrustStore {
        try directory.write("root.pem", root)
        return try TrustStore(path: directory.path + "/root.pem")
    }

    private static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBdDCCARugAwIBAgIUIUPeamuRRaTD2o/ZB85TNCXvfU8wCgYIKoZIzj0EAwIw
        DzENMAsGA1UEAwwEVGVzdDAgFw0yNjExMjMyMDU2MTFaGA8yMTI2MTAzMDIwNTYx
        MVowDzENMAsGA1UEAwwEVGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOkL
        Jul9qeNMo4+egsMlZ9UcounU33KfVq6DH+nvrzcJImOiuQH+zf4I6auKaY1W0u76
        bSjsflPPGPUihHLrk1mjUzBRMB0GA1UdDgQWBBSAODCDRVNh5Cru6A4Dbuf4MlsE
        6DAfBgNVHSMEGDAWgBSAODCDRVNh5Cru6A4Dbuf4MlsE6DAPBgNVHRMBAf8EBTAD
        AQH/MAoGCCqGSM49BAMCA0cAMEQCIFl9vHQvv29itxJSOEwc/t2IYA96k6Qe39lu
        OiFL8NqOAiAs5w0BqqupzC7u9FmLpqYKSA9VxU0OmVwSHOva6kTNZw==
        -----END CERTIFICATE-----
        """
}

/// A result of the endpoint of a service, `number` seconds after the epoch.
func result(of service: String, _ number: Int64, _ reason: Reason?) -> ProbeResult {
    let at = SystemTimekeeper().now()
    return ProbeResult(
        endpoint: EndpointID(service + "-www"), slot: Slot(milliseconds: number * 1000),
        finishedAt: at + .nanoseconds(number), reason: reason)
}
