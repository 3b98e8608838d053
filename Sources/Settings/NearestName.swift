/// The known name that a wrong one most likely was meant to be.
enum NearestName {
    /// `; did you mean X?`, or nothing when none is near.
    static func hint(_ name: String, among known: [String]) -> String {
        let letters = Array(name.prefix(80).lowercased())
        let nearest = known.map { (name: $0, distance: distance(letters, Array($0.lowercased()))) }
            .min { $0.distance < $1.distance }
        // More than half of the name wrong is another name.
        guard let nearest, nearest.distance <= max(2, nearest.name.count / 2) else { return "" }
        return "; did you mean \(nearest.name)?"
    }

    /// Characters to insert, remove or exchange.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
