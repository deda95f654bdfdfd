public import Catalogue
public import Probing
import TLSInspection
public import YAMLReading

/// Reads the files of trusted roots that a configuration names.
public enum TrustStoreLoader {
    /// Reads every file once.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: a mistake for each file that cannot be used, at the place where it is named.
    public static func load(
        _ references: [TrustFileReference]
    ) throws(ConfigurationError) -> TrustStores {
        var stores: TrustStores = [:]
        var mistakes: [Mistake] = []
        for reference in references {
            do throws(TrustStore.LoadError) {
                stores[reference.path] = try TrustStore(path: reference.path)
            } catch {
                mistakes.append(
                    Mistake(
                        position: reference.position,
                        message: "the trusted roots cannot be used: \(error.description)"
                            + hint(for: reference.path)))
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes.sorted()) }
        return stores
    }

    private static func hint(for path: String) -> String {
        path.hasSuffix("pkioverheid-private.pem")
            ? "; the private roots of PKIoverheid are not part of this program: have them from "
                + "Logius, compare their fingerprints, and put them there in PEM form" : ""
    }
}
