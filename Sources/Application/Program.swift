import CBuildInfo

/// The program that was built.
package enum Program {
    package static let number = "0.1.0"
    /// The first digits of the commit that the program was built from, with `-dirty` behind them when files had been changed.
    package static let commit = String(cString: build_info_commit())
    /// What `--version` prints.
    package static let version = "\(number) (\(commit))"
}
