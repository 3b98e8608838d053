/// What is to be asked, how long, and by how many at once.
struct LoadPlan: Decodable {
    /// An IPv4 address.
    let host: String
    let port: UInt16
    let connections: Int
    let seconds: Double
    /// What a connection is called with, taken in turn: the first by the first connection, and so on.
    let callers: [Caller]
    let sentences: [String]
    /// A JSON text in which `{text}` stands for a sentence that was not sent before, `{number}` for the connection's count
    /// of requests and `{connection}` for the connection's own number.
    let body: String
    /// What the numbers begin with that make every sentence a new one.
    let first: Int

    struct Caller: Decodable {
        let path: String
        /// Lines such as `Authorization: Bearer …`.
        let headers: [String]
    }
}
