/// What a synchronisation made of a collection's passages.
public struct CollectionChange: Hashable, Sendable {
    public var added = 0
    public var changed = 0
    /// Those that their documents do not have any more.
    public var retired = 0
    public var unchanged = 0

    public init(added: Int = 0, changed: Int = 0, retired: Int = 0, unchanged: Int = 0) {
        (self.added, self.changed, self.retired, self.unchanged) = (added, changed, retired, unchanged)
    }

    public var isEmpty: Bool { added + changed + retired == 0 }
}
