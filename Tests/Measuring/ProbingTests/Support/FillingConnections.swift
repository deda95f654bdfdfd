import Glibc

/// Connections of a client that says nothing.
struct FillingConnections {
    private let descriptors: [CInt]

    /// How many stand by the end of init.
    let connected: Int

    init(port: UInt16, count: Int = 8, isBlocking: Bool = false) {
        var made: [CInt] = []
        var connected = 0
        for _ in 0..<count {
            let kind = CInt(SOCK_STREAM.rawValue) | (isBlocking ? 0 : CInt(O_NONBLOCK))
            let descriptor = socket(AF_INET, kind, 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let number = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if number == 0 { connected += 1 }
            made.append(descriptor)
        }
        self.connected = connected
        descriptors = made
    }

    func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}
