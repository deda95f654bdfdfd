import CLinux
public import Catalogue
import Glibc
public import YAMLReading

/// Looks at the programs that receivers name.
public enum ProgramChecker {
    /// Looks at every program, which is not run.
    ///
    /// - Throws: a mistake for each that cannot be run, at the place where it is named.
    public static func check(_ programs: [ProgramReference]) throws(ConfigurationError) {
        let mistakes = programs.compactMap { program in
            problem(program.path).map { problem in
                Mistake(
                    position: program.position,
                    message: "the program cannot be run: \(program.path): \(problem)")
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes.sorted()) }
    }

    private static func problem(_ path: String) -> String? {
        var mode: UInt32 = 0
        let failure = linux_mode_of_path(path, &mode)
        guard failure == 0 else { return String(cString: strerror(failure)) }
        guard mode & S_IFMT == S_IFREG else { return "is not a regular file" }
        guard access(path, X_OK) == 0 else { return "is not executable; run: chmod +x \(path)" }
        return nil
    }
}
