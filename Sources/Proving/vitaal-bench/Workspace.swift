import Dispatch
import Foundation

/// A temporary directory with everything that a run needs, and where the tools are.
struct Workspace {
    /// The directory; removed at the end.
    let directory: String
    /// The program that is measured.
    let vitaal: String

    /// Makes the directory and finds the program beside this one.
    init() throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        vitaal = (own as NSString).deletingLastPathComponent + "/vitaal"
        guard FileManager.default.isExecutableFile(atPath: vitaal) else {
            throw BenchError("\(vitaal) is missing: build it with `swift build -c release`")
        }
        guard FileManager.default.fileExists(atPath: "alerts") else {
            throw BenchError("there is no ./alerts here: start in the root of the repository")
        }
        directory = NSTemporaryDirectory() + "vitaal-bench-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    /// The path of a file in the directory.
    func path(_ name: String) -> String { directory + "/" + name }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
        return path(name)
    }

    /// Makes a directory anew and gives its path.
    func makeDirectory(_ name: String) throws -> String {
        try? FileManager.default.removeItem(atPath: path(name))
        try FileManager.default.createDirectory(
            atPath: path(name), withIntermediateDirectories: true)
        return path(name)
    }

    /// Removes the directory.
    func remove() { Self.remove(directory) }

    /// Removes a directory, also when another thread is still at work in it.
    static func remove(_ directory: String) {
        for _ in 1...removalAttempts where FileManager.default.fileExists(atPath: directory) {
            try? FileManager.default.removeItem(atPath: directory)
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// A thread that finds its children stopped gives up within a few of these.
    private static let removalAttempts = 25

    /// The path of a program of the machine; nil when it is not installed.
    ///
    /// Daemons live in the `sbin` directories, which are not in everyone's PATH.
    static func tool(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        return directories.map { $0 + "/" + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Seconds of the monotonic clock.
func monotonicSeconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

/// Sleeps until an instant of the monotonic clock.
func sleep(until instant: Double) {
    let rest = instant - monotonicSeconds()
    if rest > 0 { Thread.sleep(forTimeInterval: rest) }
}

/// Asks `isTrue` again and again until it is so.
///
/// - Throws: `BenchError` after `seconds`.
func wait(for what: String, seconds: Double = 30, until isTrue: () throws -> Bool) throws {
    let end = monotonicSeconds() + seconds
    while try !isTrue() {
        guard monotonicSeconds() < end else { throw BenchError("\(what): not within \(seconds) s") }
        Thread.sleep(forTimeInterval: 0.02)
    }
}

extension [Double] {
    /// The middle of the sorted values, the mean of both when their number is even; nil without
    /// values.
    var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The arithmetic mean; nil without values.
    var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }
}

extension Double {
    /// The number with a fixed count of decimals.
    func text(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
