import Foundation
import HealthModel
import YAMLReading

/// Finds and reads the YAML files of a directory.
///
/// The only part of this module that does I/O.
enum SourceDirectory {
    /// Files read of one directory.
    static let filesLimit = 2000
    /// How the names of tests of rules end; they stand beside the rules and are none.
    static let testEndings = [".test.yml", ".test.yaml"]
    /// Directories within each other, which also ends a loop of symbolic links.
    static let depthLimit = 8

    /// The files below `directory` with names ending in `.yml` or `.yaml`, sorted by path; tests of
    /// rules are left out.
    ///
    /// Hidden files and directories are left alone: editors and Kubernetes keep their own there.
    /// Symbolic links are followed. What cannot be read is reported and left out.
    static func files(in directory: String, _ log: MistakeLog) -> [SourceFile] {
        files(in: directory, log) { !isTest($0) }
    }

    /// The tests of rules below `directory`, sorted by path.
    static func tests(in directory: String, _ log: MistakeLog) -> [SourceFile] {
        files(in: directory, log, where: isTest)
    }

    /// Whether this is the name of a test of rules.
    static func isTest(_ path: String) -> Bool { testEndings.contains { path.hasSuffix($0) } }

    private static func files(
        in directory: String, _ log: MistakeLog, where isWanted: (String) -> Bool
    ) -> [SourceFile] {
        var paths: [String] = []
        collect(directory, depth: 1, into: &paths, log)
        if paths.count > filesLimit {
            log.add(
                at: SourcePosition(file: directory), "\(paths.count) files",
                expected: "at most \(filesLimit)")
            return []
        }
        return paths.filter(isWanted).sorted().compactMap { file($0, log) }
    }

    private static func collect(
        _ directory: String, depth: Int, into paths: inout [String], _ log: MistakeLog
    ) {
        guard depth <= depthLimit else {
            log.add(
                at: SourcePosition(file: directory), "directories within each other too deep",
                expected: "at most \(depthLimit)")
            return
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            log.add(
                at: SourcePosition(file: directory), "the directory cannot be read",
                expected: "a directory of YAML files")
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            if exists, isDirectory.boolValue {
                collect(path, depth: depth + 1, into: &paths, log)
            } else if name.hasSuffix(".yml") || name.hasSuffix(".yaml") {
                paths.append(path)
            }
        }
    }

    /// One file; nil, and reported, when it cannot be read.
    static func file(_ path: String, _ log: MistakeLog) -> SourceFile? {
        guard FileManager.default.fileExists(atPath: path) else {
            // A symbolic link that leads nowhere, or a file that went away just now.
            log.add(at: SourcePosition(file: path), "the file cannot be read")
            return nil
        }
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: resolved.path)
            // Opening a pipe would wait for a writer, for ever perhaps.
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                log.add(at: SourcePosition(file: path), "not a regular file")
                return nil
            }
            let handle = try FileHandle(forReadingFrom: resolved)
            defer { try? handle.close() }
            // One byte more than allowed shows that the file is too large.
            let data = try handle.read(upToCount: Limits.yamlBytes + 1) ?? Data()
            return SourceFile(path: path, bytes: Array(data))
        } catch {
            log.add(at: SourcePosition(file: path), "the file cannot be read")
            return nil
        }
    }
}
