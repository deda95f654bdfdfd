import Glibc

/// Where files are when nobody says otherwise.
enum Paths {
    /// The directory `name` here, else the one that a package installs.
    static func configurationDirectory(_ name: String) -> String {
        isDirectory(name) ? name : isDirectory("/etc/vitaal/\(name)") ? "/etc/vitaal/\(name)" : name
    }

    /// `$XDG_STATE_HOME/vitaal` or its default (XDG base directory specification); for root
    /// /var/lib/vitaal.
    static var dataDirectory: String {
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return state + "/vitaal"
        }
        if geteuid() == 0 { return "/var/lib/vitaal" }
        return (environment("HOME") ?? "/tmp") + "/.local/state/vitaal"
    }

    /// The value of an environment variable; nil when it is unset or empty.
    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether `path` is a directory.
    static func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }
}
