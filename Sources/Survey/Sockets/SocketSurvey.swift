import DebugInfo
public import Evidence
public import KernelImage
import Memory

/// The survey of a kernel's processes and of the sockets in whose queues something waits.
///
/// Sockets are found through the open files of processes, and through the slab caches of their
/// inodes and of their protocols: those that no process has open as well.
public struct SocketSurvey: Sendable {
  private let kernel: Kernel
  private let census: Census

  /// Prepares a survey of the kernel that a census was taken of.
  public init(_ kernel: Kernel, census: Census) {
    self.kernel = kernel
    self.census = census
  }

  /// What the survey found.
  public struct Outcome: Sendable {
    /// The processes, in the order in which they were started.
    public var tasks: [Task] = []
    /// The sockets in which something waits, by address.
    public var sockets: [SocketQueue] = []
    /// The sockets that are no file, by address.
    public var fileless: [FilelessSocket] = []
    /// What the user should know about what could not be read.
    public var remarks: [String] = []
  }

  /// Looks at all processes and sockets; a kernel without networking has none and lacks none.
  public func outcome() -> Outcome {
    var outcome = Outcome()
    do throws(LayoutFailure) {
      let layout = try TaskLayout(kernel.types)
      let processes = ProcessList(kernel, layout: layout)
      outcome.tasks = processes.processes.map(\.task)
      outcome.remarks += processes.remarks
      guard kernel.address(of: "proto_list") != nil else { return outcome }
      let open = OpenSockets(kernel, processes: processes.processes, layout: layout)
      outcome.remarks += open.remarks
      addSockets(open, to: &outcome)
    } catch {
      outcome.remarks.append("processes and sockets are not known: \(error)")
    }
    return outcome
  }

  private func addSockets(_ open: OpenSockets, to outcome: inout Outcome) {
    do throws(LayoutFailure) {
      let layout = try SocketLayout(kernel.types)
      let packets = try PacketLayout(kernel.types)
      let found = SocketSearch(kernel, census: census, layout: layout, open: open)
      var reader = SocketReader(
        kernel, layout: layout, packets: packets, census: census, open: open)
      reader.findConnections(of: found.sockets.map(\.key))
      outcome.sockets = found.sockets.compactMap { reader.queue(of: $0.key, socket: $0.value) }
      outcome.fileless = found.sockets.compactMap { fileless($0.key, socket: $0.value, layout) }
      for index in outcome.sockets.indices { reader.findCarrier(of: &outcome.sockets[index]) }
      if reader.lacksPacketSocket {
        outcome.remarks.append(
          "interfaces and rings of packet sockets are not known: the debug information has no "
            + "struct packet_sock; if it is in a module, give the module's file by --modules")
      }
    } catch {
      outcome.remarks.append("sockets are not known: \(error)")
    }
  }

  /// A socket whose `struct socket` has no file.
  private func fileless(
    _ sk: VirtualAddress, socket: VirtualAddress?, _ layout: SocketLayout
  ) -> FilelessSocket? {
    guard let socket, let file = layout.file, kernel.value(file, at: socket) == 0,
      let inode = census.object(containing: socket), let object = census.object(containing: sk),
      let kind = SocketKind(of: sk, layout, in: kernel)
    else { return nil }
    return FilelessSocket(
      kind: kind.name, inode: UInt32(truncatingIfNeeded: census.slot(of: inode)),
      sock: UInt32(truncatingIfNeeded: census.slot(of: object)))
  }
}
