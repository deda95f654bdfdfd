import ArgumentParser
import Daemon
import Foundation
import HealthModel
import Probing
import TLSFindings
import TLSInspection

/// `vitaal tls verify`: the verdict of a probe on certificates from files.
struct TLSVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge a certificate chain from files; exit 0, 2 or 3.",
        discussion: """
            Verdict and findings are the same as those of a probe. Files hold PEM text. Exit 0 \
            trusted, 2 not trusted, 3 an input cannot be read. Findings do not change the exit code.
            """)

    @Option(help: ArgumentHelp("The chain as a server sends it, leaf first.", valueName: "file"))
    var chain: String

    @Option(help: ArgumentHelp("The trusted roots.", valueName: "file"))
    var roots: String = TrustStore.systemPath

    @Option(help: ArgumentHelp("The DNS name or address that must be covered.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("When to judge (RFC 3339); now unless given.", valueName: "instant"),
        transform: TLSVerify.instant)
    var at: Timestamp?

    @Option(help: ArgumentHelp("Revocation lists.", valueName: "file"))
    var crl: String?

    @Option(
        help: ArgumentHelp(
            "Certificates that the server did not send but that may help.", valueName: "file"))
    var intermediates: String?

    @OptionGroup var distrust: DistrustOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let report = try judge()
        Console.say(json ? try report.json() : report.text())
        throw report.result.path.verdict == nil ? PluginExit.ok : PluginExit.critical
    }

    private func judge() throws -> TLSVerifyReport {
        let instant = at ?? SystemTimekeeper().now()
        do {
            let verification = try OfflineVerification(
                chain: try Self.bytes(of: chain), roots: try Self.bytes(of: roots),
                intermediates: try intermediates.map(Self.bytes),
                revocationLists: try crl.map(Self.bytes), distrustAfter: distrust.dates)
            guard let result = verification.run(name: name, at: instant) else {
                throw UnreadableFile(description: "out of memory")
            }
            return TLSVerifyReport(result: result, name: name, at: instant)
        } catch let error as OfflineVerification.InputError {
            StandardError.complain("\(path(of: error.input)): \(error.problem)")
            throw PluginExit.unknown
        } catch let error as UnreadableFile {
            StandardError.complain(error.description)
            throw PluginExit.unknown
        }
    }

    private func path(of input: OfflineVerification.Input) -> String {
        switch input {
        case .chain: "--chain \(chain)"
        case .roots: "--roots \(roots)"
        case .intermediates: "--intermediates \(intermediates ?? "")"
        case .revocationLists: "--crl \(crl ?? "")"
        }
    }

    private struct UnreadableFile: Error { var description: String }

    /// The bytes of a file, at most as many as may be read and one more, so that too much is seen.
    private static func bytes(of path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw UnreadableFile(description: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { try? file.close() }
        do {
            return [UInt8](try file.read(upToCount: CertificateList.pemBytesMax + 1) ?? Data())
        } catch {
            throw UnreadableFile(description: "\(path): cannot be read; is it a directory?")
        }
    }

    /// Reads an instant such as `2026-03-15T00:00:00Z`.
    static func instant(_ text: String) throws -> Timestamp {
        // Foundation takes the 31st of November for the 1st of December.
        let day = text.prefix(10).split(separator: "-").compactMap { Int64($0) }
        let isDay = day.count == 3 && Timestamp(year: day[0], month: day[1], day: day[2]) != nil
        for hasFraction in [false, true] where isDay {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            if let date = try? style.parse(text), abs(date.timeIntervalSince1970) < 9.2e9 {
                return Timestamp(
                    milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
            }
        }
        throw ValidationError("'\(text)' is no instant such as 2026-03-15T00:00:00Z")
    }
}
