public import Catalogue
public import Routing
import TLSInspection
public import YAMLReading

/// Reads the secrets that receivers name.
public enum SecretLoader {
    /// Reads every file.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: a mistake for each file that cannot be used, at the place where it is named.
    public static func load(
        _ references: [SecretFileReference]
    ) throws(ConfigurationError) -> [String: Secret] {
        var secrets: [String: Secret] = [:]
        var mistakes: [Mistake] = []
        for reference in references {
            do throws(ClientIdentity.LoadError) {
                secrets[reference.path] = Secret(try SecretFile.bytes(of: reference.path))
            } catch {
                mistakes.append(
                    Mistake(
                        position: reference.position,
                        message: "the secret cannot be used: \(error.description)"))
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes.sorted()) }
        return secrets
    }
}
