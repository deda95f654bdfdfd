/// The version of this program.
public enum VitaalVersion {
    /// The version as semantic versioning writes it.
    public static let text = "0.1.0"
}
