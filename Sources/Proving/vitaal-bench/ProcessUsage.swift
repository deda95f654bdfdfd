import Foundation

/// What a process uses, as the kernel counts it (proc(5)).
struct ProcessUsage {
    /// User and system CPU time.
    let cpuSeconds: Double
    /// Resident memory now, in megabytes of 10^6 bytes.
    let residentMegabytes: Double
    /// The most resident memory so far, in megabytes of 10^6 bytes.
    let peakMegabytes: Double

    /// Reads a process; nil when it is gone or a zombie.
    init?(of identifier: pid_t) {
        // The name of the program is in parentheses and may hold anything.
        let stat = readText("/proc/\(identifier)/stat")
        guard let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        // Fields 14 and 15 of the whole line are utime and stime; state, field 3, is our first.
        guard fields.count > 12, fields[0] != "Z", let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return nil }
        cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        var kibibytes: [Substring: Double] = [:]
        for line in readText("/proc/\(identifier)/status").split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "VmRSS" || words[0] == "VmHWM" else { continue }
            kibibytes[words[0]] = Double(words[1])
        }
        residentMegabytes = (kibibytes["VmRSS"] ?? 0) * 1024 / 1e6
        peakMegabytes = (kibibytes["VmHWM"] ?? 0) * 1024 / 1e6
    }
}

/// The text of a file, also of one that has no size, such as those of the kernel; empty when it
/// cannot be read.
func readText(_ path: String) -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? handle.close() }
    let data = (try? handle.readToEnd()) ?? Data()
    return String(decoding: data, as: UTF8.self)
}
