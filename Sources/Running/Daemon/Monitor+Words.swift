import Alerting
import DurableStore
import Evidence
import HealthModel
import Notifying
import SQLiteSupport

/// What the monitor says of its parts, to people and in the evidence log.
extension Monitor {
    static func record(of event: Dispatcher.Event, at now: Timestamp) -> EvidenceRecord {
        switch event {
        case .ended(let delivery):
            EvidenceRecord(delivery)
        case .failing(let receiver, let words):
            EvidenceRecord(
                at: now, action: .receiverFailing, object: "receiver/\(receiver)", result: words)
        case .recovered(let receiver):
            EvidenceRecord(at: now, action: .receiverRecovered, object: "receiver/\(receiver)")
        }
    }

    static func line(for notice: EvidenceLog.Notice, at now: Timestamp) -> String {
        switch notice {
        case .failing(let words):
            "\(now.dateAndTime)  the evidence log cannot be written: \(words); "
                + "monitoring goes on, lines wait in memory"
        case .recovered(let lines):
            "\(now.dateAndTime)  the evidence log is written again; \(lines) waiting lines saved"
        case .notRotated(let words):
            "\(now.dateAndTime)  the evidence log goes on in the same file: \(words)"
        case .deleted:
            "\(now.dateAndTime)  the evidence log was deleted while it was written; a new one is begun"
        }
    }

    static func line(
        for notice: SQLiteFile.Notice, of what: String, at now: Timestamp
    ) -> String {
        switch notice {
        case .failing(let words):
            "\(now.dateAndTime)  the \(what) cannot be written: \(words); monitoring goes on, it is "
                + "tried again"
        case .recovered:
            "\(now.dateAndTime)  the \(what) is written again"
        case .setAside(let path):
            "\(now.dateAndTime)  the \(what) was damaged; it now is \(path), and a new one is begun"
        case .unread(let path):
            "\(now.dateAndTime)  the \(what) could not be read at the start and can be now; what it "
                + "remembers is kept as \(path), and a new one is begun"
        }
    }

    static func line(for notice: DurableStore.Notice, at now: Timestamp) -> String {
        switch notice {
        case .failing(let words):
            "\(now.dateAndTime)  the store of results: \(words); monitoring goes on, results wait "
                + "in memory"
        case .damaged(let words):
            "\(now.dateAndTime)  the store of results: \(words); the rest of it was read"
        case .recovered:
            "\(now.dateAndTime)  the store of results is written again"
        case .droppedEarly(let name):
            "\(now.dateAndTime)  the store of results reached its limit of disk space and dropped "
                + name
        }
    }
}
