import CAllocator

/// What the allocator keeps of memory that was freed.
public enum FreedMemory {
    /// Lets the process's threads share two arenas. By default each thread keeps what it freed in one of its own, and a server
    /// holds as much for every thread as its greatest moment took.
    public static func share() {
        allocator_share_arenas(2)
    }

    /// Gives it back to the system. A first training frees more than the server will need in days; without this it would
    /// stay resident for as long as the process lives.
    public static func giveBack() {
        allocator_give_back()
    }
}
