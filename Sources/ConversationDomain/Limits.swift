/// The bounds on what callers may send. One value, checked in one place per field, so every transport refuses alike.
public struct Limits: Hashable, Sendable {
    /// Unicode scalars of a message's text.
    public var messageText = 2_000
    /// Bytes of a request body or a WebSocket frame.
    public var body = 64 * 1024
    /// Characters of a client message id.
    public var clientMessageID = 128
    /// Depth and encoded bytes of `metadata`.
    public var metadataDepth = 8
    public var metadataBytes = 8 * 1024
    /// Texts of one classify call.
    public var classifyTexts = 64
    /// Slots of a pressed button, and scalars of each value.
    public var buttonSlots = 16
    public var slotValue = 256
    /// Scalars of a visitor's id, name and e-mail, each.
    public var visitorField = 256
    /// Scalars of a feedback comment.
    public var comment = 2_000
    /// Messages that one page of history can have, and has unless asked otherwise.
    public var pageMaximum = 500
    public var pageDefault = 100

    public init() {}
}
