import Testing

/// The real program, with the real encoder, from outside: processes, sockets and files only.
///
/// The tests run one after another: they share two cores with the servers that they start.
@Suite(
    "Frontdesk, from outside", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installation.mayRun, "needs the installed models"))
struct EndToEndTests {}
