import Foundation
import Synchronization

/// One temporary folder per test run. A small shell process, which outlives a crash of the tests too,
/// ends what they left running and removes the folder.
enum Scratch {
    private struct Place {
        let root: URL
        let watchdog: FileHandle
    }

    private static let place: Result<Place, any Error> = Result {
        let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("frontdesk-tests-\(UUID().uuidString.prefix(8))", isDirectory: true)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let script = """
            pids=' '
            while read -r line; do
                case $line in
                    -*) pids=$(printf '%s' "$pids" | sed "s/ ${line#-} / /") ;;
                    *) pids="$pids$line " ;;
                esac
            done
            for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
            chmod -R u+w "$1"; rm -rf "$1"
            """
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "watchdog", root.path]
        process.standardInput = pipe
        try process.run()
        return Place(root: root, watchdog: pipe.fileHandleForWriting)
    }

    private static let count = Mutex(0)

    /// A new, empty folder.
    static func folder(_ name: String) throws -> URL {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let folder = try place.get().root.appendingPathComponent("\(number)-\(name)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A path at which there is nothing yet.
    static func unusedPath(_ name: String) throws -> URL {
        try folder("new").appendingPathComponent(name)
    }

    static func guardAgainstLeaking(_ pid: Int32) { tellWatchdog("\(pid)") }

    static func forget(_ pid: Int32) { tellWatchdog("-\(pid)") }

    private static func tellWatchdog(_ line: String) {
        try? place.get().watchdog.write(contentsOf: Data((line + "\n").utf8))
    }
}
