import Evidence
import Memory

/// Facts that take a whole line.
extension SessionReader {
  /// Reads a line that means something only as a whole; returns false when it is none such.
  mutating func readWholeLine(_ line: Line) -> Bool {
    if line.words[0].shape.contains(.bracket), readLog(line) { return true }
    // Listings consist of these; no header and no banner begins so.
    if line.words[0].count == 16, line.words[0].shape.isWithin(.hexadecimal) {
      return readTableRow(line)
    }
    if line.word(0, is: "SLAB") || line.words(from: 0, are: "FREE /") { return false }
    if let symbol = StructBlock.symbolOfMember(line) {
      facts.symbols.append(symbol)
      return true
    }
    return readTableRow(line) || readHeader(line) || readFrame(line) || readSocketMemory(line)
      || readBareCommand(line)
  }

  /// The line that `ss -m` prints below a socket's.
  private mutating func readSocketMemory(_ line: Line) -> Bool {
    guard let memory = SocketRow.memory(line) else { return false }
    if !facts.sockets.isEmpty {
      SocketRow.apply(memory, to: &facts.sockets[facts.sockets.count - 1])
    }
    return true
  }

  /// A row of the table whose header came last.
  private mutating func readTableRow(_ line: Line) -> Bool {
    switch state.table {
    case .none, .pages, .other: return false
    case .tasks:
      guard let task = TaskRow.match(line) else { return false }
      facts.tasks.append(task)
    case .processes:
      guard let task = TaskRow.matchAux(line) else { return false }
      facts.tasks.append(task)
    case .modules:
      guard let module = ModuleRow.match(line) else { return false }
      facts.modules.append(module)
    case .files:
      guard line.natural(0) != nil, line.address(1) != nil || line.word(1, is: "?") else {
        return false
      }
    case .sockets:
      guard line.natural(0) != nil, line.address(1) != nil, let sock = line.address(2),
        line.count > 3
      else { return false }
      facts.sockets.append(
        SocketQueue(
          kind: line.text(3), local: line.count > 4 ? line.text(4) : nil,
          peer: line.count > 5 ? line.text(5) : nil, address: VirtualAddress(sock),
          owner: state.owner.map { Task(pid: $0.pid, name: $0.name) }))
    }
    return true
  }

  /// The headers of tables whose rows take a line each.
  private mutating func readHeader(_ line: Line) -> Bool {
    let table: ReadingState.Table
    if line.words(from: 0, are: "PID PPID CPU TASK ST")
      || line.words(from: 0, are: "PID PPID CPU KSTACKP ST")
    {
      table = .tasks
    } else if line.words(from: 0, are: "USER PID %CPU %MEM VSZ RSS") {
      table = .processes
    } else if line.words(from: 0, are: "MODULE NAME") {
      table = .modules
    } else if line.words(from: 0, are: "FD FILE DENTRY") {
      table = .files
    } else if line.words(from: 0, are: "FD SOCKET SOCK") {
      table = .sockets
    } else if readProcessLine(line) {
      return true
    } else if isOtherHeader(line) {
      table = .other
    } else {
      return false
    }
    state.table = table
    state.section = .none
    return true
  }

  /// Headers whose rows are known by themselves.
  private mutating func isOtherHeader(_ line: Line) -> Bool {
    if line.words(from: 0, are: "PAGES TOTAL PERCENTAGE") { return true }
    if line.count == 1, line.word(0, startsWith: "VM_"), line.word(0, endsWith: ":") { return true }
    if line.count == 2, line.word(0, is: "SIZE:"), line.natural(1) != nil { return true }
    if line.words(from: 0, are: "slabinfo - version:") || line.words(from: 0, are: "# name") {
      isNewSnapshot = true
      return true
    }
    return line.words(from: 0, are: "OBJS ACTIVE USE OBJ SIZE")
      || line.words(from: 0, are: "Active / Total") || line.words(from: 0, are: "Minimum / Average")
      || line.words(from: 0, are: "Proto Recv-Q Send-Q") || line.words(from: 0, are: "Proto RefCnt")
      || line.words(from: 0, are: "Netid") || line.words(from: 0, are: "State Recv-Q")
      || line.words(from: 0, are: "Active Internet connections")
      || line.words(from: 0, are: "Active UNIX domain")
      || line.word(0, is: "unix") && line.count > 5
      || line.words(from: 0, are: "No open sockets.") || line.words(from: 0, are: "ROOT: /")
  }

  /// The process that rows are of: `PID: 1  TASK: …  CPU: 1  COMMAND: "init"`.
  private mutating func readProcessLine(_ line: Line) -> Bool {
    guard line.word(0, is: "PID:"), let pid = line.natural(1), line.word(2, is: "TASK:"),
      let command = line.firstIndex(of: "COMMAND:"), command + 1 < line.count
    else { return false }
    let name = line.text((command + 1)..<line.count).filter { $0 != "\"" }
    state.owner = (pid, name)
    state.table = .none
    return true
  }

  /// The banner of crash, and what always surrounds it.
  mutating func readSession(_ line: Line) -> Bool {
    // Rows of tables and of memory begin so, and so do the processes of `files` and `net`.
    guard !(line.words[0].count == 16 && line.words[0].shape.isWithin(.hexadecimal)),
      !(line.word(0, is: "PID:") && line.word(2, is: "TASK:"))
    else { return false }
    var banner = Banner()
    if let version = BannerLine.version(line) {
      closeBlock()
      state.begin(nil)
      banner.crash = version
    } else if BannerLine.isLegal(line) {
      return true
    } else if let distance = BannerLine.relocation(line) {
      banner.relocation = distance
    } else if !BannerLine.read(line, into: &banner) {
      return false
    }
    append(banner)
    return true
  }

  /// A frame of a stack: `#2 [ffffffff84e03ea0] do_idle at ffffffff834fb856`.
  private mutating func readFrame(_ line: Line) -> Bool {
    guard line.count >= 5, line.word(0, startsWith: "#"), line.words[1].shape.contains(.bracket),
      line.word(3, is: "at") || line.word(4, is: "at"), ObjectLine.bracketed(line, at: 1) != nil
    else { return false }
    state.section = .none
    state.slab = nil
    return true
  }

  private static let weekdays: Set<String> = [
    "[Mon", "[Tue", "[Wed", "[Thu", "[Fri", "[Sat", "[Sun",
  ]

  /// A message of the kernel's log: `[    0.403211] text`, as `log` prints it, with `-m` behind its
  /// level, with `-T` behind a date.
  private mutating func readLog(_ line: Line) -> Bool {
    var word = line.word(0)
    if word.first == UInt8(ascii: "<"), let level = word.firstIndex(of: UInt8(ascii: ">")) {
      word = word[(level + 1)...]
    }
    guard word.first == UInt8(ascii: "[") else { return false }
    let isDated = word.count == 4 && Self.weekdays.contains(line.text(0)) && line.natural(2) != nil
    guard isDated || (word.count == 1 ? isTime(line, 1) : isTime(word.dropFirst())) else {
      return false
    }
    if facts.banner.release == nil { facts.banner.release = BannerLine.release(line) }
    return true
  }

  /// A command without a prompt before it: `rd ADDRESS 16`, `sym NAME`, `seq_operations ADDRESS`.
  private mutating func readBareCommand(_ line: Line) -> Bool {
    guard line.count > 1, line.count <= 6, !line.words[0].shape.contains(.colon),
      SymbolText(line.word(0), hasRadix10Offset: false) != nil
    else { return false }
    let words = (0..<line.count).map(line.text)
    let hasAddress = line.typedAddress(1) != nil || line.typedAddress(2) != nil
    let isKnown = Command.names.contains(words[0])
    guard
      isKnown && (hasAddress || words[1].hasPrefix("-") || words[0] == "sym" && words.count == 2)
        || line.count == 2 && hasAddress
    else { return false }
    begin(Command(words: words))
    return true
  }

  private func isTime(_ line: Line, _ index: Int) -> Bool {
    index < line.count && isTime(line.word(index))
  }

  /// Seconds with six decimals and a closing bracket.
  private func isTime(_ word: ArraySlice<UInt8>) -> Bool {
    guard let dot = word.firstIndex(of: UInt8(ascii: ".")), dot + 7 < word.endIndex,
      word[dot + 7] == UInt8(ascii: "]")
    else { return false }
    return word[..<dot].allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      && word[(dot + 1)..<(dot + 7)].allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}
