import Foundation

/// Runs a program that the machine may or may not have.
enum Tool {
    /// The full path of a program on the search path; nil when it is not installed.
    static func path(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program with `input` and returns its status and everything it wrote.
    static func run(
        _ path: String, _ arguments: [String], input: [UInt8] = []
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        let source = Pipe()
        let sink = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = source
        process.standardOutput = sink
        process.standardError = sink
        try process.run()
        // A thread of its own feeds the input: neither side may wait for the other.
        Thread.detachNewThread {
            try? source.fileHandleForWriting.write(contentsOf: Data(input))
            try? source.fileHandleForWriting.close()
        }
        let output = try sink.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
