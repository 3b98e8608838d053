import CBuildInfo

/// The program that was built.
package enum Program {
    /// What `--version` prints: the version, and the commit that the program was built from.
    package static let version = "0.1.0 (\(String(cString: build_info_commit())))"
}
