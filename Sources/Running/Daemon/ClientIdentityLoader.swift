public import Catalogue
public import TLSInspection
public import YAMLReading

/// Reads the client certificates that a configuration names.
public enum ClientIdentityLoader {
    /// Reads every pair of files.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: a mistake for each pair that cannot be used, at the place where it is named.
    public static func load(
        _ references: [ClientCertificateReference]
    ) throws(ConfigurationError) -> ClientIdentities {
        var identities: ClientIdentities = [:]
        var mistakes: [Mistake] = []
        for reference in references {
            do throws(ClientIdentity.LoadError) {
                identities[reference.files] = try ClientIdentity(reference.files)
            } catch {
                mistakes.append(
                    Mistake(position: reference.position, message: error.description))
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes.sorted()) }
        return identities
    }
}
